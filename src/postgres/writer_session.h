#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "postgres/connection.h"
#include "postgres/notes.h"

namespace orderstream::postgres {

/// Who writes notes: a session with a random number of its own, the owner of its notes, whose advisory lock it holds
/// for as long as it is connected. When the connection was lost the next one ends the old backend, waits for its lock,
/// which means that its last transaction is over, and takes its notes over. A sole writer also holds a lock that says
/// so: while it does, no other sole writer opens a session at this database. For one thread at a time.
class WriterSession {
  public:
    using Draw = std::function<notes::Owner()>;

    WriterSession(std::function<std::unique_ptr<Connection>()> connect, Draw draw, bool sole);

    /// Opens the next session. Throws Failure.
    [[nodiscard]] std::unique_ptr<Connection> open();

    /// Of the session that was opened last.
    [[nodiscard]] notes::Owner owner() const { return current_->owner; }
    [[nodiscard]] std::chrono::steady_clock::duration connected_for() const;

    [[nodiscard]] static std::vector<Statement> statements();

  private:
    struct Session {
        notes::Owner owner = 0;
        int backend_pid = 0;
        std::string backend_start;  // as the server sent it: with the pid it names one backend only
        std::chrono::steady_clock::time_point since;
    };
    void end(Connection& connection, const Session& old, notes::Owner owner);

    std::function<std::unique_ptr<Connection>()> connect_;
    Draw draw_;
    bool sole_;
    std::optional<Session> current_;
    std::vector<Session> predecessors_;  // of this object, not known to be over
};

}  // namespace orderstream::postgres
