#include "postgres/writer_session.h"

#include <string_view>
#include <utility>

#include "postgres/failure.h"

namespace orderstream::postgres {
namespace {

const Statement introduce_statement{
    "introduce_writer",
    "SELECT backend_start, pg_advisory_lock($1::bigint) FROM pg_stat_activity WHERE pid = pg_backend_pid()"};

const Statement end_backend_statement{
    "end_predecessor",
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = $1::int AND backend_start = $2::timestamptz"};

// Of two numbers, as no owner's lock is: "orde" and one.
const Statement be_sole_statement{"be_sole_writer", "SELECT pg_try_advisory_lock(1869767781, 1)"};

}  // namespace

WriterSession::WriterSession(std::function<std::unique_ptr<Connection>()> connect, Draw draw, bool sole)
    : connect_(std::move(connect)), draw_(std::move(draw)), sole_(sole) {}

std::vector<Statement> WriterSession::statements() {
    return {introduce_statement, end_backend_statement, be_sole_statement};
}

std::unique_ptr<Connection> WriterSession::open() {
    std::unique_ptr<Connection> connection = connect_();
    Session session{.owner = draw_(), .backend_pid = connection->backend_pid(), .backend_start = {}, .since = {}};
    Parameters owner;
    owner.add(session.owner);
    session.backend_start = connection->run(introduce_statement, owner).bytes(0, 0);

    if (current_) predecessors_.push_back(std::move(*current_));
    current_.reset();
    while (!predecessors_.empty()) {
        end(*connection, predecessors_.back(), session.owner);
        predecessors_.pop_back();
    }
    // Not before the predecessor, which may have been the sole one, is over.
    if (sole_ && connection->run(be_sole_statement, {}).bytes(0, 0) != std::string_view("\1", 1)) {
        throw Failure::of_server("55006", "another process has this database for itself", false);
    }
    session.since = std::chrono::steady_clock::now();
    current_ = std::move(session);
    return connection;
}

void WriterSession::end(Connection& connection, const Session& old, notes::Owner owner) {
    Parameters backend;
    backend.add(std::int32_t{old.backend_pid}).add(Bytes{old.backend_start});
    connection.run(end_backend_statement, backend);
    notes::inherit(connection, old.owner, owner);
}

std::chrono::steady_clock::duration WriterSession::connected_for() const {
    return std::chrono::steady_clock::now() - current_->since;
}

}  // namespace orderstream::postgres
