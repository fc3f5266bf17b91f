#include "contract/services.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <utility>

namespace orderstream::contract {
namespace {

constexpr const char* script = ORDERSTREAM_SERVICES;

std::string make_folder(const std::string& name) {
    std::string folder = (std::filesystem::temp_directory_path() / ("orderstream-" + name + "-XXXXXX")).string();
    if (::mkdtemp(folder.data()) == nullptr) throw std::runtime_error("no temporary directory");
    return folder;
}

}  // namespace

CommandOutcome run_command(const std::string& command) {
    FILE* const pipe = ::popen(command.c_str(), "r");
    if (pipe == nullptr) throw std::runtime_error("cannot run " + command);
    CommandOutcome outcome;
    std::array<char, 4096> buffer;
    for (std::size_t size = 0; (size = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) {
        outcome.output.append(buffer.data(), size);
    }
    outcome.status = ::pclose(pipe);
    return outcome;
}

std::string must_run(const std::string& command) {
    CommandOutcome outcome = run_command(command);
    if (outcome.status != 0) throw std::runtime_error(fmt::format("`{}` failed: {}", command, outcome.output));
    return std::move(outcome.output);
}

Services::Services(std::vector<std::string> names) : names_(std::move(names)), folder_(make_folder(names_.front())) {
    start_guard();
    must_run(fmt::format("{} up {} {} 2>&1", script, folder_, fmt::join(names_, " ")));
    std::ifstream env(folder_ + "/env");
    for (std::string line; std::getline(env, line);) {
        const std::size_t equals = line.find('=');
        addresses_[line.substr(0, equals)] = line.substr(equals + 1);
    }
}

Services::~Services() {
    ::close(guard_);
    ::waitpid(guard_pid_, nullptr, 0);
}

// Also a test that is killed leaves no server behind: the guard waits for the pipe to close.
void Services::start_guard() {
    std::string ending = "cat >/dev/null; ";
    for (const std::string& name : names_) ending += fmt::format("{} kill {} {}; ", script, folder_, name);
    ending += fmt::format("{0} down {1} >/dev/null 2>&1; rm -rf {1}", script, folder_);

    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    guard_ = ends[1];
    guard_pid_ = ::fork();
    if (guard_pid_ == 0) {
        ::setsid();
        ::dup2(ends[0], STDIN_FILENO);
        ::execl("/bin/sh", "sh", "-c", ending.c_str(), static_cast<char*>(nullptr));
        ::_exit(127);
    }
    ::close(ends[0]);
}

int Services::port(const std::string& name) const {
    std::ifstream file(fmt::format("{}/{}/port", folder_, name));
    int port = 0;
    if (!(file >> port)) throw std::runtime_error(name + " has no port");
    return port;
}

void Services::control(const std::string& command, const std::string& name) const {
    must_run(fmt::format("{} {} {} {} 2>&1", script, command, folder_, name));
}

}  // namespace orderstream::contract
