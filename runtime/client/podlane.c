// SPDX-License-Identifier: Apache-2.0
// The command line: sends one Gogo command line to the agent's unix socket, prints what comes back,
// and exits with the command's status. `podlane agent` (agent.c) is the agent itself.
//
// Both ways the socket carries frames: a type byte, the payload's length (32 bits, big-endian), the payload.
//   client: 'D' the folder that file names are relative to, 'C' a command line
//   agent: 'O' standard output, 'E' standard error, 'X' exit status (one byte)
#include "podlane.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define RETRY_MS       5000
#define RETRY_EVERY_MS 10

static const char usage_text[] =
    "usage: podlane [--state-dir DIR] COMMAND [ARGUMENT…]   run one command in the agent; `podlane help` lists them\n"
    "       podlane [--state-dir DIR] 'COMMAND LINE'         the same, with pipes and variables of the Gogo shell\n"
    "       podlane [--state-dir DIR] shell                  read command lines from standard input\n"
    "       podlane probe                                    what this kernel can do, a feature a line (as root)\n"
    "       podlane agent [OPTION…]                          be the agent; `podlane agent --help` lists the options\n";

void fail(int status, const char *format, ...) {
    va_list arguments;

    va_start(arguments, format);
    fputs("podlane: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(status);
}

static void write_all(int fd, const void *data, size_t length) {
    const char *at = data;

    while (length > 0) {
        ssize_t n = write(fd, at, length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && fd == STDOUT_FILENO)
            exit(1); /* as after SIGPIPE: whoever read us has gone */
        if (n < 0)
            return; /* the agent has gone; what it said before it went is still to be read */
        at += n;
        length -= n;
    }
}

static bool read_all(int fd, void *data, size_t length) {
    char *at = data;

    while (length > 0) {
        ssize_t n = read(fd, at, length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        at += n;
        length -= n;
    }
    return true;
}

static int connect_once(const char *state_dir) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd, error;

    if (snprintf(address.sun_path, sizeof(address.sun_path), "%s/podlane.sock", state_dir) >=
        (int)sizeof(address.sun_path))
        fail(EXIT_USAGE, "state folder %s: the name is too long for a unix socket (about 90 bytes at most)", state_dir);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        fail(1, "socket: %s", strerror(errno));
    if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
        return fd;
    error = errno;
    close(fd);
    errno = error;
    return -1;
}

/* The agent's socket is away while the agent starts, or while its shell is updated: then waiting helps. */
static int connect_agent(const char *state_dir) {
    const struct timespec pause = {.tv_nsec = RETRY_EVERY_MS * 1000000L};
    int waited, fd;

    for (waited = 0;; waited += RETRY_EVERY_MS) {
        fd = connect_once(state_dir);
        if (fd >= 0)
            return fd;
        if (errno == EACCES || errno == EPERM)
            fail(EXIT_NO_AGENT, "not allowed to talk to the agent of state folder %s: %s (run as root)", state_dir,
                 strerror(errno));
        if (!agent_holds_lock(state_dir))
            fail(EXIT_NO_AGENT, "no agent is running with state folder %s (another? say --state-dir DIR)", state_dir);
        if (waited >= RETRY_MS)
            fail(EXIT_NO_AGENT, "the agent with state folder %s did not open its socket within %d s: %s", state_dir,
                 RETRY_MS / 1000, strerror(errno));
        nanosleep(&pause, NULL);
    }
}

static void send_frame(int fd, char type, const char *text) {
    size_t length = strlen(text);
    unsigned char header[5] = {type, length >> 24, length >> 16, length >> 8, length};

    write_all(fd, header, sizeof(header));
    write_all(fd, text, length);
}

/* Prints what the command prints, until its status comes. */
static int receive_result(int fd) {
    char buffer[65536];
    unsigned char header[5];

    while (read_all(fd, header, sizeof(header))) {
        size_t length = (size_t)header[1] << 24 | header[2] << 16 | header[3] << 8 | header[4];

        while (length > 0) {
            size_t part = length < sizeof(buffer) ? length : sizeof(buffer);

            if (!read_all(fd, buffer, part))
                goto gone;
            length -= part;
            if (header[0] == 'O')
                write_all(STDOUT_FILENO, buffer, part);
            else if (header[0] == 'E')
                write_all(STDERR_FILENO, buffer, part);
            else if (header[0] == 'X')
                return (unsigned char)buffer[0];
        }
    }
gone:
    fail(1, "the agent ended before the command did");
}

/* Characters that Gogo reads as they stand, anywhere in an argument. */
static bool is_plain(const char *argument) {
    if (strcmp(argument, "null") == 0)
        return false;
    return *argument && argument[strspn(argument, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                                  "_-./:,+@=")] == '\0';
}

/* Appends an argument so that Gogo sees it as one and changes nothing in it. */
static void append_quoted(FILE *line, const char *argument) {
    if (is_plain(argument)) {
        fputs(argument, line);
        return;
    }
    fputc('\'', line);
    for (; *argument; argument++) {
        if (*argument == '\'')
            fputs("'\\''", line);
        else
            fputc(*argument, line);
    }
    fputc('\'', line);
}

/* One argument is a command line as it is; several are a command and its arguments. */
static char *command_line(int argc, char **argv) {
    char *text = NULL;
    size_t size;
    FILE *line;
    int i;

    if (argc == 1)
        return argv[0];
    line = open_memstream(&text, &size);
    for (i = 0; i < argc; i++) {
        if (i > 0)
            fputc(' ', line);
        append_quoted(line, argv[i]);
    }
    fclose(line);
    return text;
}

static int shell(int fd) {
    bool prompt = isatty(STDIN_FILENO);
    char *line = NULL;
    size_t size = 0;
    ssize_t length;
    int status = 0;

    for (;;) {
        if (prompt)
            write_all(STDOUT_FILENO, "podlane> ", 9);
        length = getline(&line, &size, stdin);
        if (length < 0)
            break;
        while (length > 0 && (line[length - 1] == '\n' || line[length - 1] == '\r'))
            line[--length] = '\0';
        if (strcmp(line, "exit") == 0)
            break;
        if (line[strspn(line, " \t")] == '\0')
            continue;
        send_frame(fd, 'C', line);
        status = receive_result(fd);
    }
    if (prompt)
        write_all(STDOUT_FILENO, "\n", 1);
    free(line);
    return status;
}

int main(int argc, char **argv) {
    const char *state_dir = "/run/podlane", *folder;
    int at = 1, fd;

    if (argc > 1 && strcmp(argv[1], "agent") == 0)
        return agent_main(argc - 1, argv + 1);
    if (argc == 2 && strcmp(argv[1], "probe") == 0)
        return probe_main();
    for (; at < argc && argv[at][0] == '-'; at++) {
        if (strcmp(argv[at], "--state-dir") == 0 && at + 1 < argc)
            state_dir = argv[++at];
        else if (strncmp(argv[at], "--state-dir=", 12) == 0)
            state_dir = argv[at] + 12;
        else if (strcmp(argv[at], "--help") == 0 || strcmp(argv[at], "-h") == 0)
            return fputs(usage_text, stdout) < 0;
        else
            break;
    }
    if (at >= argc || argv[at][0] == '-') {
        fputs(usage_text, stderr);
        return EXIT_USAGE;
    }
    signal(SIGPIPE, SIG_IGN);
    /* Else the socket would take the number of a standard stream that is closed, and be sent what is printed. */
    while ((fd = open("/dev/null", O_RDONLY)) >= 0 && fd <= STDERR_FILENO)
        ;
    close(fd);
    fd = connect_agent(state_dir);
    folder = getcwd(NULL, 0);
    if (folder)
        send_frame(fd, 'D', folder);
    if (at + 1 == argc && strcmp(argv[at], "shell") == 0)
        return shell(fd);
    send_frame(fd, 'C', command_line(argc - at, argv + at));
    return receive_result(fd);
}
