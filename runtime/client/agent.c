// SPDX-License-Identifier: Apache-2.0
// `podlane agent`: checks what can be checked before Java starts, finds what the kernel can do by trying,
// takes the state folder's lock, and becomes the JVM, so that signals reach it directly.
#define _GNU_SOURCE
#include "podlane.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>

#ifndef BPF_FS_MAGIC
#define BPF_FS_MAGIC 0xcafe4a11
#endif
#define MAX_STATE_DIR        (int)(sizeof(((struct sockaddr_un *)0)->sun_path) - sizeof("/podlane.sock"))
#define CAPABILITY_NET_ADMIN 12
#define CAPABILITY_SYS_ADMIN 21

static const char usage_text[] =
    "usage: podlane agent [OPTION…]\n"
    "  --manifests DIR   folder of Kubernetes YAML that is the cluster's state\n"
    "  --node NAME       this node's name (default: the host name)\n"
    "  --uplink DEV,…    devices to the other nodes (default: those of the default routes)\n"
    "  --state-dir DIR   what must outlive the agent, and its socket (default: /run/podlane)\n"
    "  --bpffs DIR       folder for pins on a BPF file system (default: /sys/fs/bpf/podlane)\n"
    "  --cgroup DIR      cgroup v2 folder whose sockets are balanced (default: the cgroup v2 mount)\n"
    "  --linger TIME     how long the programs of a removed bundle stay attached (default: 10s)\n"
    "environment: JAVA_HOME; PODLANE_JAVA_OPTIONS, more options for the JVM, separated by spaces\n";

struct agent_options {
    const char *manifests;
    const char *node;
    const char *uplink;
    const char *state_dir;
    const char *bpffs;
    const char *cgroup;
    const char *linger;
};

/* The lock belongs to the open file, so it passes through exec to the JVM and goes with it, however it ends. */
static struct flock whole_file(void) {
    return (struct flock){.l_type = F_WRLCK, .l_whence = SEEK_SET};
}

bool agent_holds_lock(const char *state_dir) {
    struct flock lock = whole_file();
    char path[PATH_MAX];
    bool held;
    int fd;

    snprintf(path, sizeof(path), "%s/agent.lock", state_dir);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    held = fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
    close(fd);
    return held;
}

static void take_lock(const char *state_dir) {
    struct flock lock = whole_file();
    char path[PATH_MAX];
    int fd;

    snprintf(path, sizeof(path), "%s/agent.lock", state_dir);
    fd = open(path, O_RDWR | O_CREAT, 0600); /* no O_CLOEXEC: see whole_file() */
    if (fd < 0)
        fail(1, "%s: %s", path, strerror(errno));
    if (fcntl(fd, F_OFD_SETLK, &lock) == 0)
        return;
    if (errno == EAGAIN || errno == EACCES)
        fail(1, "another agent runs with state folder %s; give this one its own --state-dir", state_dir);
    fail(1, "cannot lock %s: %s", path, strerror(errno));
}

static void make_folders(const char *path, const char *what) {
    char part[PATH_MAX];
    struct stat info;
    size_t i;

    if (strlen(path) >= sizeof(part))
        fail(EXIT_USAGE, "%s: the name is too long", what);
    for (i = 1; i <= strlen(path); i++) {
        if (path[i] != '/' && path[i] != '\0')
            continue;
        memcpy(part, path, i);
        part[i] = '\0';
        if (mkdir(part, 0700) != 0 && errno != EEXIST)
            fail(1, "cannot create the %s %s: %s: %s", what, path, part, strerror(errno));
    }
    if (stat(path, &info) != 0 || !S_ISDIR(info.st_mode))
        fail(1, "the %s %s is not a folder", what, path);
}

static const char *absolute(const char *path) {
    char *folder, *text;

    if (path[0] == '/')
        return path;
    folder = getcwd(NULL, 0);
    if (!folder || asprintf(&text, "%s/%s", folder, path) < 0)
        fail(1, "current folder: %s", strerror(errno));
    return text;
}

static void check_capabilities(void) {
    unsigned long long effective = 0;
    FILE *status = fopen("/proc/self/status", "re");
    char line[256];

    if (!status)
        fail(1, "/proc/self/status: %s", strerror(errno));
    while (fgets(line, sizeof(line), status))
        if (sscanf(line, "CapEff: %llx", &effective) == 1)
            break;
    fclose(status);
    if (!(effective >> CAPABILITY_NET_ADMIN & 1))
        fail(1, "missing the capability CAP_NET_ADMIN (devices, routes and attaching programs need it): run as root");
    if (!(effective >> CAPABILITY_SYS_ADMIN & 1))
        fail(1, "missing the capability CAP_SYS_ADMIN (BPF and network namespaces need it): run as root");
}

/* The folder for pins must lie on a BPF file system; where none is mounted, say how to mount one. */
static void prepare_bpffs(const char *bpffs) {
    const char *mount_at = strncmp(bpffs, "/sys/fs/bpf/", 12) == 0 ? "/sys/fs/bpf" : bpffs;
    char existing[PATH_MAX];
    struct statfs info;

    if (snprintf(existing, sizeof(existing), "%s", bpffs) >= (int)sizeof(existing))
        fail(EXIT_USAGE, "--bpffs: the name is too long");
    while (statfs(existing, &info) != 0) {
        if (errno != ENOENT)
            fail(1, "%s: %s", existing, strerror(errno));
        dirname(existing);
    }
    if ((unsigned long)info.f_type != BPF_FS_MAGIC)
        fail(1, "%s is not on a BPF file system; mount one first: mount -t bpf bpf %s", bpffs, mount_at);
    make_folders(bpffs, "folder for pins");
}

static const char *cgroup2_mount(void) {
    FILE *mounts = fopen("/proc/self/mountinfo", "re");
    static char path[PATH_MAX];
    char *line = NULL;
    size_t size = 0;

    if (!mounts)
        fail(1, "/proc/self/mountinfo: %s", strerror(errno));
    while (getline(&line, &size, mounts) > 0) {
        if (strstr(line, " - cgroup2 ") && sscanf(line, "%*s %*s %*s %*s %4095s", path) == 1)
            break;
        path[0] = '\0';
    }
    free(line);
    fclose(mounts);
    if (!path[0])
        fail(1, "no cgroup v2 is mounted; mount one (mount -t cgroup2 cgroup2 DIR) or say --cgroup DIR");
    return path;
}

static void check_cgroup(const char *cgroup) {
    struct statfs info;

    if (statfs(cgroup, &info) != 0)
        fail(1, "--cgroup %s: %s", cgroup, strerror(errno));
    if ((unsigned long)info.f_type != 0x63677270) /* CGROUP2_SUPER_MAGIC */
        fail(1, "--cgroup %s is not a cgroup v2 folder", cgroup);
}

/* In the build tree the distribution is ../target/podlane beside bin; anywhere else it is the folder above bin. */
static const char *distribution(void) {
    static char home[PATH_MAX];
    char program[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", program, sizeof(program) - 1);
    const char *folder;

    if (length < 0)
        fail(1, "/proc/self/exe: %s", strerror(errno));
    program[length] = '\0';
    folder = dirname(dirname(program));
    snprintf(home, sizeof(home), "%s/lib", folder);
    if (access(home, F_OK) == 0) {
        snprintf(home, sizeof(home), "%s", folder);
        return home;
    }
    snprintf(home, sizeof(home), "%s/target/podlane/lib", folder);
    if (access(home, F_OK) != 0)
        fail(1, "neither %s/lib nor %s is there: build first (make build)", folder, home);
    home[strlen(home) - 4] = '\0';
    return home;
}

/* As a setting of the attach service, in the JSON of etc/podlane.json. */
static const char *linger_setting(const char *linger) {
    static char json[128];
    unsigned int number = 0;
    char unit[3] = "s";

    if (sscanf(linger, "%5u%2[a-z]", &number, unit) < 1 || strspn(linger, "0123456789") == 0 ||
        strspn(linger, "0123456789") + (strpbrk(linger, "smh") ? 1 : 0) != strlen(linger) || number > 86400)
        fail(EXIT_USAGE, "agent: --linger %s: say a time such as 10s or 2m, at most a day", linger);
    number *= unit[0] == 'h' ? 3600 : unit[0] == 'm' ? 60 : 1;
    snprintf(json, sizeof(json), "{\"io.podlane.tcx\":{\"lingerSeconds\":%u}}", number);
    return json;
}

static struct agent_options parse(int argc, char **argv) {
    struct agent_options options = {.state_dir = "/run/podlane", .bpffs = "/sys/fs/bpf/podlane"};
    const struct {
        const char *name;
        const char **value;
    } known[] = {
        {"manifests", &options.manifests}, {"node", &options.node},   {"uplink", &options.uplink},
        {"state-dir", &options.state_dir}, {"bpffs", &options.bpffs}, {"cgroup", &options.cgroup},
        {"linger", &options.linger},
    };
    int i;

    for (i = 1; i < argc; i++) {
        size_t k, length;

        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            fputs(usage_text, stdout);
            exit(0);
        }
        for (k = 0; k < sizeof(known) / sizeof(known[0]); k++) {
            length = strlen(known[k].name);
            if (strncmp(argv[i], "--", 2) != 0 || strncmp(argv[i] + 2, known[k].name, length) != 0)
                continue;
            if (argv[i][2 + length] == '=')
                *known[k].value = argv[i] + 3 + length;
            else if (argv[i][2 + length] != '\0')
                continue;
            else if (++i < argc)
                *known[k].value = argv[i];
            else
                fail(EXIT_USAGE, "agent: %s needs a value", argv[i - 1]);
            break;
        }
        if (k == sizeof(known) / sizeof(known[0]))
            fail(EXIT_USAGE, "agent: unknown option %s; `podlane agent --help` lists the options", argv[i]);
    }
    if (options.linger)
        options.linger = linger_setting(options.linger);
    if (options.manifests) {
        options.manifests = absolute(options.manifests);
        if (access(options.manifests, R_OK | X_OK) != 0)
            fail(1, "--manifests %s: %s", options.manifests, strerror(errno));
    }
    options.state_dir = absolute(options.state_dir);
    if (strlen(options.state_dir) > MAX_STATE_DIR)
        fail(EXIT_USAGE, "--state-dir %s: at most %d bytes, or its unix socket cannot be made", options.state_dir,
             MAX_STATE_DIR);
    return options;
}

static char *property(const char *name, const char *value) {
    char *text;

    if (asprintf(&text, "-D%s=%s", name, value) < 0)
        fail(1, "out of memory");
    return text;
}

/* Writes each feature that is there, between a text and another. */
static void write_features(FILE *out, const struct features *features, const char *before, const char *after) {
    const struct {
        const char *name;
        bool there;
    } all[] = {
        {"tcx", features->tcx},         {"netkit", features->netkit}, {"veth", features->veth},
        {"ipvlan", features->ipvlan},   {"fq", features->fq},         {"xdp", features->xdp},
        {"bpf-jit", features->bpf_jit},
    };
    size_t i;

    for (i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        if (all[i].there)
            fprintf(out, "%s%s%s", before, all[i].name, after);
}

static const char *kernel_capabilities(const struct features *features) {
    static char text[1024];
    struct utsname kernel;
    unsigned int major = 0, minor = 0, patch = 0;
    FILE *list = fmemopen(text, sizeof(text), "w");

    uname(&kernel);
    sscanf(kernel.release, "%u.%u.%u", &major, &minor, &patch);
    fprintf(list, "linux.kernel;version:Version=%u.%u.%u", major, minor, patch);
    write_features(list, features, ",linux.kernel;feature=", "");
    fclose(list);
    return text;
}

int probe_main(void) {
    struct features features;

    check_capabilities();
    features = probe_kernel();
    write_features(stdout, &features, "", "\n");
    return 0;
}

static const char *java(void) {
    const char *home = getenv("JAVA_HOME");
    static char path[PATH_MAX];

    if (home && *home) {
        snprintf(path, sizeof(path), "%s/bin/java", home);
        if (access(path, X_OK) != 0)
            fail(1, "JAVA_HOME is %s, but there is no %s", home, path);
        return path;
    }
    return "java";
}

static void become_jvm(const struct agent_options *options, const char *home, const struct features *features) {
    char *arguments[64] = {"java", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xss256k", "-XX:-UsePerfData",
                           "-Xshare:auto",
                           /* A heap that starts small is collected early; a large one is first filled to its end. */
                           "-Xmx64m", "-Xms8m", "-Xmn3m"};
    char *more = getenv("PODLANE_JAVA_OPTIONS");
    size_t n = 0;

    while (arguments[n])
        n++;
    if (more)
        for (more = strtok(strdup(more), " "); more && n < 40; more = strtok(NULL, " "))
            arguments[n++] = more;
    arguments[n++] = property("podlane.home", home);
    arguments[n++] = property("podlane.node", options->node);
    arguments[n++] = property("podlane.uplink", options->uplink);
    arguments[n++] = property("podlane.state-dir", options->state_dir);
    arguments[n++] = property("podlane.bpffs", options->bpffs);
    arguments[n++] = property("podlane.cgroup", options->cgroup);
    if (options->manifests)
        arguments[n++] = property("podlane.manifests", options->manifests);
    if (options->linger)
        arguments[n++] = property("podlane.settings", options->linger);
    arguments[n++] = property("podlane.capabilities", kernel_capabilities(features));
    arguments[n++] = "-cp";
    if (asprintf(&arguments[n++], "%s/lib/*", home) < 0)
        fail(1, "out of memory");
    arguments[n++] = "io.podlane.launcher.Launcher";
    execvp(java(), arguments);
    fail(1, "cannot start Java (%s): %s; install a Java 17 runtime or set JAVA_HOME", java(), strerror(errno));
}

int agent_main(int argc, char **argv) {
    struct agent_options options = parse(argc, argv);
    char host_name[256] = "", devices[1024] = "";
    const char *home = distribution();
    struct features features;

    check_capabilities();
    umask(077);
    options.bpffs = absolute(options.bpffs);
    make_folders(options.state_dir, "state folder");
    if (!options.cgroup)
        options.cgroup = cgroup2_mount();
    options.cgroup = absolute(options.cgroup);
    check_cgroup(options.cgroup);
    prepare_bpffs(options.bpffs);
    if (!options.node) {
        gethostname(host_name, sizeof(host_name) - 1);
        options.node = host_name;
    }
    if (!options.uplink) {
        default_route_devices(devices, sizeof(devices));
        options.uplink = devices;
    }
    features = probe_kernel();
    take_lock(options.state_dir);
    if (!features.tcx)
        fail(1, "this kernel cannot attach programs with tcx; Podlane needs Linux 6.6 or later");
    become_jvm(&options, home, &features);
    return 1;
}
