#include "e2e/support/program.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <system_error>

namespace orderstream::e2e {

namespace {

constexpr std::array inherited_variables{"PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LSAN_OPTIONS"};

[[noreturn]] void fail(const std::string& what) { throw std::system_error(errno, std::generic_category(), what); }

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    for (std::string& text : texts) pointers.push_back(text.data());
    pointers.push_back(nullptr);
    return pointers;
}

struct Pipe {
    int read_end = -1;
    int write_end = -1;
    Pipe() {
        std::array<int, 2> ends{};
        if (pipe2(ends.data(), O_CLOEXEC) != 0) fail("pipe2");
        read_end = ends[0];
        write_end = ends[1];
    }
};

}  // namespace

TemporaryDirectory::TemporaryDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "orderstream-test-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) fail("mkdtemp " + name);
    path_ = name;
}

TemporaryDirectory::~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

std::ostream& operator<<(std::ostream& out, const ExitStatus& status) {
    if (status.code) return out << "exit code " << *status.code;
    if (status.signal) return out << "killed by signal " << *status.signal << " (" << strsignal(*status.signal) << ")";
    return out << "no exit status";
}

Program::Program(const std::filesystem::path& executable, Options options) : options_(std::move(options)) {
    keeper_ = std::thread([this, executable] {
        try {
            start(executable);
        } catch (const std::exception& error) {
            const std::lock_guard lock(mutex_);
            start_error_ = error.what();
        }
        {
            const std::lock_guard lock(mutex_);
            started_ = true;
        }
        news_.notify_all();
        if (pid_ <= 0) return;
        listen();
        reap();
    });
    std::unique_lock lock(mutex_);
    news_.wait(lock, [this] { return started_; });
    if (start_error_.empty()) return;
    lock.unlock();
    keeper_.join();
    throw std::runtime_error("cannot start " + executable.string() + ": " + start_error_);
}

Program::~Program() {
    send_signal(SIGKILL);
    keeper_.join();
}

void Program::start(const std::filesystem::path& executable) {
    std::vector<std::string> arguments{executable.string()};
    arguments.insert(arguments.end(), options_.arguments.begin(), options_.arguments.end());
    std::vector<std::string> environment;
    for (const char* name : inherited_variables) {
        const char* value = std::getenv(name);
        if (value != nullptr && !options_.environment.contains(name)) {
            environment.push_back(std::string(name) + "=" + value);
        }
    }
    for (const auto& [name, value] : options_.environment) environment.push_back(name + "=" + value);
    const std::vector<char*> argv = pointers_to(arguments);
    const std::vector<char*> envp = pointers_to(environment);
    const std::filesystem::path directory = options_.directory.empty() ? own_directory_.path() : options_.directory;

    const Pipe out;
    const Pipe err;
    const Pipe trouble;  // closed by a successful exec, else the child's errno comes through
    const pid_t parent = getpid();
    const pid_t child = fork();
    if (child < 0) fail("fork");
    if (child == 0) {
        // Between fork and exec of a program with threads only what signal-safety(7) lists may be called.
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() == parent && chdir(directory.c_str()) == 0 && dup2(out.write_end, STDOUT_FILENO) >= 0 &&
            dup2(err.write_end, STDERR_FILENO) >= 0) {
            const int null = open("/dev/null", O_RDONLY);
            dup2(null, STDIN_FILENO);
            execve(argv[0], argv.data(), envp.data());
        }
        const int error = errno;
        (void)!write(trouble.write_end, &error, sizeof(error));
        _exit(127);
    }
    for (const int end : {out.write_end, err.write_end, trouble.write_end}) close(end);
    int error = 0;
    const bool failed = read(trouble.read_end, &error, sizeof(error)) == sizeof(error);
    close(trouble.read_end);
    if (failed) {
        for (const int end : {out.read_end, err.read_end}) close(end);
        waitpid(child, nullptr, 0);
        errno = error;
        fail("exec");
    }
    output_.descriptor = out.read_end;
    errors_.descriptor = err.read_end;
    pid_ = child;
}

void Program::listen() {
    while (output_.descriptor >= 0 || errors_.descriptor >= 0) {
        // poll() leaves out negative descriptors.
        std::array<pollfd, 2> waiting{{{output_.descriptor, POLLIN, 0}, {errors_.descriptor, POLLIN, 0}}};
        if (poll(waiting.data(), waiting.size(), -1) < 0 && errno != EINTR) break;
        for (std::size_t i = 0; i < waiting.size(); ++i) {
            Stream& stream = i == 0 ? output_ : errors_;
            if (waiting[i].revents != 0 && !read_some(stream)) {
                close(stream.descriptor);
                stream.descriptor = -1;
            }
        }
        news_.notify_all();
    }
}

bool Program::read_some(Stream& stream) {
    std::array<char, 65536> buffer;
    const ssize_t count = read(stream.descriptor, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) return true;
    if (count <= 0) return false;
    const std::lock_guard lock(mutex_);
    stream.text.append(buffer.data(), static_cast<std::size_t>(count));
    for (auto end = stream.text.find('\n', stream.in_lines); end != std::string::npos;
         end = stream.text.find('\n', stream.in_lines)) {
        lines_.push_back(stream.text.substr(stream.in_lines, end - stream.in_lines));
        stream.in_lines = end + 1;
    }
    return true;
}

void Program::reap() {
    // Until it is reaped, under the lock, its process id is nobody else's, so a signal cannot hit a stranger.
    siginfo_t info{};
    while (waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT) != 0 && errno == EINTR) {
    }
    {
        const std::lock_guard lock(mutex_);
        int status = 0;
        waitpid(pid_, &status, 0);
        status_ = WIFEXITED(status) ? exited(WEXITSTATUS(status)) : killed_by(WTERMSIG(status));
    }
    news_.notify_all();
}

void Program::send_signal(int signal) {
    const std::lock_guard lock(mutex_);
    if (!status_) kill(pid_, signal);
}

std::optional<ExitStatus> Program::wait(std::chrono::milliseconds timeout) {
    std::unique_lock lock(mutex_);
    news_.wait_for(lock, timeout, [this] { return status_.has_value(); });
    return status_;
}

std::string Program::output() const {
    const std::lock_guard lock(mutex_);
    return output_.text;
}

std::string Program::errors() const {
    const std::lock_guard lock(mutex_);
    return errors_.text;
}

std::vector<std::string> Program::lines() const {
    const std::lock_guard lock(mutex_);
    return lines_;
}

std::optional<std::string> Program::wait_for_line(const std::function<bool(std::string_view)>& wanted,
                                                  std::chrono::milliseconds timeout) {
    std::optional<std::string> found;
    std::size_t looked_at = 0;
    std::unique_lock lock(mutex_);
    news_.wait_for(lock, timeout, [&] {
        for (; !found && looked_at < lines_.size(); ++looked_at) {
            if (wanted(lines_[looked_at])) found = lines_[looked_at];
        }
        return found || status_;
    });
    return found;
}

Finished run(const std::filesystem::path& executable, Program::Options options, std::chrono::milliseconds timeout) {
    Program program(executable, std::move(options));
    const auto status = program.wait(timeout);
    if (!status)
        throw std::runtime_error(executable.string() + " did not end:\n" + program.output() + program.errors());
    return {.status = *status, .output = program.output(), .errors = program.errors()};
}

}  // namespace orderstream::e2e
