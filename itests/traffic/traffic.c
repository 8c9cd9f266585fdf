// SPDX-License-Identifier: Apache-2.0
// Traffic for tests, the demo and the benchmark: echo servers, paced streams whose every packet is accounted for, and
// single requests. Results are one JSON object on standard output. A server puts its id into each answer.
//
//   traffic udp-echo PORT ID        traffic tcp-echo PORT ID         until SIGTERM; prints "listening" first
//   traffic udp-stream ADDR PORT PPS FLOWS    reads "mark NAME" and "stop" from standard input
//   traffic tcp-stream ADDR PORT              the same, one connection, one request at a time
//   traffic udp-request ADDR PORT COUNT       traffic tcp-request ADDR PORT COUNT    each from a new port
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MAX_FLOWS      64
#define MAX_SERVERS    16
#define MAX_INTERVALS  256
#define MAX_BURST      64
#define SOCKET_BUFFER  (8 << 20)
#define DRAIN_NANOS    3000000000LL
#define REQUEST_MILLIS 2000
#define TCP_PACE_NANOS 200000LL

struct message {
    uint32_t sequence;
    uint32_t server;
    uint8_t padding[56];
};

struct interval {
    char name[64];
    uint64_t first; // the first sequence number that belongs to it
    int64_t start, longest_gap;
    uint64_t resets;
};

static volatile sig_atomic_t ended;
static uint64_t by_server[MAX_SERVERS];
static struct interval intervals[MAX_INTERVALS];
static int interval_count;

static void on_term(int signal) {
    (void)signal;
    ended = 1;
}

static int64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void die(const char *what) {
    fprintf(stderr, "traffic: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int open_socket(int type, const char *address, const char *port, bool listen_side) {
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(atoi(port))};
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(atoi(port))};
    bool is_v6 = strchr(address, ':') != NULL;
    int fd = socket(is_v6 ? AF_INET6 : AF_INET, type | SOCK_CLOEXEC, 0);
    int size = SOCKET_BUFFER, yes = 1, no = 0;
    if (fd < 0)
        die("socket");
    if (inet_pton(is_v6 ? AF_INET6 : AF_INET, address, is_v6 ? (void *)&v6.sin6_addr : (void *)&v4.sin_addr) != 1) {
        errno = EINVAL;
        die(address);
    }
    // Large buffers, so that a stalled process loses nothing; the socket's own drops would count as ours.
    struct timeval patience = {.tv_sec = REQUEST_MILLIS / 1000, .tv_usec = REQUEST_MILLIS % 1000 * 1000};
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience); // bounds connect(2) too
    if (type == SOCK_DGRAM) {
        setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size);
        setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size);
    } else {
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    }
    struct sockaddr *sa = is_v6 ? (struct sockaddr *)&v6 : (struct sockaddr *)&v4;
    socklen_t length = is_v6 ? sizeof v6 : sizeof v4;
    if (!listen_side)
        return connect(fd, sa, length) ? (close(fd), -1) : fd;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (is_v6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof no);
    if (bind(fd, sa, length))
        die("bind");
    if (type == SOCK_STREAM && listen(fd, 1024))
        die("listen");
    return fd;
}

// What measures must not starve beside what is measured.
static void go_first(void) {
    setpriority(PRIO_PROCESS, 0, -10);
}

static void listening(void) {
    go_first();
    puts("listening");
    fflush(stdout);
}

static int udp_echo(const char *port, uint32_t id) {
    int fd = open_socket(SOCK_DGRAM, "::", port, true);
    struct message m;
    struct sockaddr_storage peer;
    listening();
    while (!ended) {
        socklen_t length = sizeof peer;
        ssize_t n = recvfrom(fd, &m, sizeof m, 0, (struct sockaddr *)&peer, &length);
        if (n < (ssize_t)offsetof(struct message, padding))
            continue;
        m.server = htonl(id);
        sendto(fd, &m, n, 0, (struct sockaddr *)&peer, length);
    }
    return 0;
}

static int tcp_echo(const char *port, uint32_t id) {
    int listener = open_socket(SOCK_STREAM, "::", port, true), epoll = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listener}, ready[64];
    epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
    listening();
    while (!ended) {
        int count = epoll_wait(epoll, ready, 64, -1);
        for (int i = 0; i < count; i++) {
            int fd = ready[i].data.fd;
            if (fd == listener) {
                int yes = 1, client = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
                if (client < 0)
                    continue;
                setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
                event.data.fd = client;
                epoll_ctl(epoll, EPOLL_CTL_ADD, client, &event);
                continue;
            }
            struct message m;
            if (recv(fd, &m, sizeof m, MSG_WAITALL) != sizeof m) {
                close(fd);
                continue;
            }
            m.server = htonl(id);
            if (send(fd, &m, sizeof m, MSG_NOSIGNAL) != sizeof m)
                close(fd);
        }
    }
    return 0;
}

static void count_server(const struct message *m) {
    uint32_t server = ntohl(m->server);
    by_server[server < MAX_SERVERS ? server : 0]++;
}

static void print_servers(void) {
    printf("\"servers\":{");
    const char *comma = "";
    for (int i = 0; i < MAX_SERVERS; i++) {
        if (by_server[i]) {
            printf("%s\"%d\":%llu", comma, i, (unsigned long long)by_server[i]);
            comma = ",";
        }
    }
    printf("}");
}

static void begin_interval(const char *name, uint64_t first) {
    if (interval_count == MAX_INTERVALS) {
        fprintf(stderr, "traffic: more than %d marks\n", MAX_INTERVALS);
        exit(1);
    }
    struct interval *next = &intervals[interval_count++];
    snprintf(next->name, sizeof next->name, "%s", name);
    next->first = first;
    next->start = now();
}

// Commands from standard input; the answer "ok" says that the mark is set. False at "stop" or the end of input.
static bool read_commands(uint64_t sequence) {
    static char buffer[256];
    static size_t used;
    struct pollfd in = {.fd = 0, .events = POLLIN};
    if (poll(&in, 1, 0) <= 0)
        return true;
    ssize_t n = read(0, buffer + used, sizeof buffer - used - 1);
    if (n <= 0)
        return false;
    used += n;
    buffer[used] = 0;
    for (char *end; (end = strchr(buffer, '\n'));) {
        *end = 0;
        if (!strcmp(buffer, "stop"))
            return false;
        if (!strncmp(buffer, "mark ", 5)) {
            begin_interval(buffer + 5, sequence);
            puts("ok");
            fflush(stdout);
        }
        used -= end + 1 - buffer;
        memmove(buffer, end + 1, used + 1);
    }
    return true;
}

static void print_intervals(uint64_t sequence, int64_t stopped, const uint8_t *received, uint64_t duplicates) {
    printf("{\"duplicates\":%llu,", (unsigned long long)duplicates);
    print_servers();
    printf(",\"intervals\":[");
    for (int i = 0; i < interval_count; i++) {
        uint64_t end = i + 1 < interval_count ? intervals[i + 1].first : sequence, got = 0;
        int64_t until = i + 1 < interval_count ? intervals[i + 1].start : stopped;
        for (uint64_t s = intervals[i].first; s < end; s++)
            got += received[s] != 0;
        printf("%s{\"name\":\"%s\",\"sent\":%llu,\"received\":%llu,\"millis\":%lld,\"longestGapMicros\":%lld,"
               "\"resets\":%llu}",
               i ? "," : "", intervals[i].name, (unsigned long long)(end - intervals[i].first), (unsigned long long)got,
               (long long)(until - intervals[i].start) / 1000000, (long long)intervals[i].longest_gap / 1000,
               (unsigned long long)intervals[i].resets);
    }
    printf("]}\n");
}

static uint8_t *make_room(uint8_t *received, uint64_t sequence) {
    static uint64_t room;
    if (sequence < room)
        return received;
    received = realloc(received, room + (1 << 20));
    if (!received)
        die("memory");
    memset(received + room, 0, 1 << 20);
    room += 1 << 20;
    return received;
}

static void note_arrival(int64_t *last) {
    int64_t t = now();
    struct interval *current = &intervals[interval_count - 1];
    int64_t since = *last > current->start ? *last : current->start;
    if (t - since > current->longest_gap)
        current->longest_gap = t - since;
    *last = t;
}

static int udp_stream(const char *address, const char *port, double per_second, int flows) {
    int fds[MAX_FLOWS];
    uint8_t *received = NULL;
    uint64_t sequence = 0, duplicates = 0, answered = 0;
    if (flows < 1 || flows > MAX_FLOWS || per_second <= 0) {
        errno = ERANGE;
        die("PPS or FLOWS");
    }
    for (int i = 0; i < flows; i++) {
        if ((fds[i] = open_socket(SOCK_DGRAM, address, port, false)) < 0)
            die("connect");
        fcntl(fds[i], F_SETFL, O_NONBLOCK);
    }
    go_first();
    begin_interval("start", 0);
    int64_t due = now(), last = due, step = 1e9 / per_second, stopped = 0;
    struct message m = {0};
    while (true) {
        int64_t t = now();
        if (!stopped) {
            // After a stall the schedule slips: a burst would measure the queue, not the datapath.
            if (t - due > MAX_BURST * step)
                due = t - MAX_BURST * step;
            for (; due <= t; due += step) {
                received = make_room(received, sequence);
                m.sequence = htonl((uint32_t)sequence);
                // A refused datagram (an ICMP error, a full queue) is a lost one: it was due.
                (void)!send(fds[sequence % flows], &m, sizeof m, 0);
                sequence++;
            }
            if (!read_commands(sequence))
                stopped = now();
        } else if (answered == sequence || t - (last > stopped ? last : stopped) > DRAIN_NANOS) {
            // What stood in a queue while the machine was busy is late, not lost.
            break;
        }
        for (int i = 0; i < flows; i++) {
            struct message answer;
            while (recv(fds[i], &answer, sizeof answer, 0) == sizeof answer) {
                uint32_t s = ntohl(answer.sequence);
                if (s >= sequence)
                    continue;
                if (received[s])
                    duplicates++;
                else
                    answered++;
                received[s] = 1;
                count_server(&answer);
                note_arrival(&last);
            }
        }
        struct timespec pause = {.tv_nsec = 200000};
        clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
    }
    print_intervals(sequence, stopped, received, duplicates);
    return 0;
}

static bool exchange(int fd, uint32_t sequence, bool stream) {
    struct message m = {.sequence = htonl(sequence)};
    struct pollfd in = {.fd = fd, .events = POLLIN};
    if (send(fd, &m, sizeof m, MSG_NOSIGNAL) != sizeof m || poll(&in, 1, REQUEST_MILLIS) != 1 ||
        recv(fd, &m, sizeof m, stream ? MSG_WAITALL : 0) != sizeof m || ntohl(m.sequence) != sequence)
        return false;
    count_server(&m);
    return true;
}

static int tcp_stream(const char *address, const char *port) {
    uint8_t *received = NULL;
    uint64_t sequence = 0;
    int fd = open_socket(SOCK_STREAM, address, port, false);
    if (fd < 0)
        die("connect");
    begin_interval("start", 0);
    int64_t last = now();
    while (read_commands(sequence)) {
        received = make_room(received, sequence);
        if (fd >= 0 && exchange(fd, (uint32_t)sequence, true)) {
            received[sequence] = 1;
            note_arrival(&last);
        } else {
            intervals[interval_count - 1].resets++;
            if (fd >= 0)
                close(fd);
            fd = open_socket(SOCK_STREAM, address, port, false);
        }
        sequence++;
        struct timespec pause = {.tv_nsec = TCP_PACE_NANOS};
        clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
    }
    print_intervals(sequence, now(), received, 0);
    return 0;
}

static int requests(int type, const char *address, const char *port, int count) {
    int ok = 0, refused = 0;
    for (int i = 0; i < count; i++) {
        int fd = open_socket(type, address, port, false);
        if (fd >= 0 && exchange(fd, i, type == SOCK_STREAM))
            ok++;
        else if (errno == ECONNREFUSED)
            refused++;
        if (fd >= 0)
            close(fd);
    }
    printf("{\"ok\":%d,\"failed\":%d,\"refused\":%d,", ok, count - ok, refused);
    print_servers();
    printf("}\n");
    return ok == count ? 0 : 1;
}

int main(int argc, char **argv) {
    struct sigaction term = {.sa_handler = on_term};
    sigaction(SIGTERM, &term, NULL);
    const char *mode = argc > 1 ? argv[1] : "";
    if (!strcmp(mode, "udp-echo") && argc == 4)
        return udp_echo(argv[2], atoi(argv[3]));
    if (!strcmp(mode, "tcp-echo") && argc == 4)
        return tcp_echo(argv[2], atoi(argv[3]));
    if (!strcmp(mode, "udp-stream") && argc == 6)
        return udp_stream(argv[2], argv[3], atof(argv[4]), atoi(argv[5]));
    if (!strcmp(mode, "tcp-stream") && argc == 4)
        return tcp_stream(argv[2], argv[3]);
    if (!strcmp(mode, "udp-request") && argc == 5)
        return requests(SOCK_DGRAM, argv[2], argv[3], atoi(argv[4]));
    if (!strcmp(mode, "tcp-request") && argc == 5)
        return requests(SOCK_STREAM, argv[2], argv[3], atoi(argv[4]));
    fprintf(stderr, "usage: traffic udp-echo|tcp-echo PORT ID\n"
                    "       traffic udp-stream ADDR PORT PPS FLOWS | tcp-stream ADDR PORT\n"
                    "       traffic udp-request|tcp-request ADDR PORT COUNT\n");
    return 2;
}
