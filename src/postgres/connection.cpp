#include "postgres/connection.h"

#include <fmt/format.h>
#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <optional>
#include <utility>

#include "postgres/failure.h"

namespace orderstream::postgres {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int binary = 1;

// Names of the statements that every connection has besides its own.
constexpr const char* begin_name = "begin";
constexpr const char* commit_name = "commit";

/// The server's message without the line end and the repeated severity that libpq puts around it.
std::string message_of(const char* text) {
    std::string message = text == nullptr ? "" : text;
    while (!message.empty() && (message.back() == '\n' || message.back() == ' ')) message.pop_back();
    for (char& c : message) {
        if (c == '\n') c = ' ';
    }
    return message;
}

std::string field(const PGresult* result, int code) {
    const char* text = PQresultErrorField(result, code);
    return text == nullptr ? "" : text;
}

/// `commit_sent`: behind this statement or with it; `is_commit`: this one is it.
Failure failure_of(const PGresult* result, bool commit_sent, bool is_commit) {
    const std::string sqlstate = field(result, PG_DIAG_SQLSTATE);
    // Without a code it comes from libpq: the connection is gone, and with it the answers of all that was sent.
    if (sqlstate.empty()) return Failure::of_connection(message_of(PQresultErrorMessage(result)), commit_sent);
    std::string message = field(result, PG_DIAG_MESSAGE_PRIMARY);
    if (const std::string detail = field(result, PG_DIAG_MESSAGE_DETAIL); !detail.empty()) message += ": " + detail;
    return Failure::of_server(sqlstate, message, is_commit);
}

constexpr std::size_t sqlstate_size = 5;

/// A code in `FATAL:  28P01: password ...`, as the verbose texts of libpq have it.
bool is_coded(std::string_view text) {
    const auto in_a_code = [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'); };
    return text.size() > sqlstate_size && std::ranges::all_of(text.substr(0, sqlstate_size), in_a_code) &&
           text.substr(sqlstate_size).starts_with(": ");
}

/// Why a server takes no connection. libpq tells its code within the text alone.
Failure failure_to_connect(std::string_view text) {
    constexpr std::string_view before_code = ":  ";
    for (std::size_t at = text.rfind(before_code); at != std::string_view::npos && at != 0;
         at = text.rfind(before_code, at - 1)) {
        const std::size_t code = at + before_code.size();
        if (!is_coded(text.substr(code))) continue;
        const std::string_view said = text.substr(code + sqlstate_size + 2);
        const std::string message(said.substr(0, said.find('\n')));
        return Failure::of_server(std::string(text.substr(code, sqlstate_size)), message, false);
    }
    return Failure::of_connection(message_of(std::string(text).c_str()), false);
}

}  // namespace

std::optional<std::string> problem_with_dsn(const std::string& dsn) {
    char* message = nullptr;
    PQconninfoOption* const options = PQconninfoParse(dsn.c_str(), &message);
    PQconninfoFree(options);
    if (options != nullptr) return std::nullopt;
    std::string problem = message_of(message);
    PQfreemem(message);
    return problem;
}

std::string place_of(const std::string& dsn) {
    const std::unique_ptr<PQconninfoOption, void (*)(PQconninfoOption*)> options(PQconninfoParse(dsn.c_str(), nullptr),
                                                                                 PQconninfoFree);
    const auto value_of = [&options](std::string_view keyword) -> std::string {
        for (const PQconninfoOption* option = options.get(); option != nullptr && option->keyword != nullptr; ++option)
            if (option->keyword == keyword && option->val != nullptr) return option->val;
        return {};
    };
    std::string host = value_of("host");
    if (host.empty()) host = value_of("hostaddr");
    const std::string port = value_of("port");
    return host + (port.empty() ? "" : ":" + port) + "/" + value_of("dbname");
}

void Rows::Clear::operator()(pg_result* result) const { PQclear(result); }
int Rows::size() const { return PQntuples(result_.get()); }
bool Rows::null(int row, int column) const { return PQgetisnull(result_.get(), row, column) != 0; }
std::string_view Rows::bytes(int row, int column) const {
    return {PQgetvalue(result_.get(), row, column), static_cast<std::size_t>(PQgetlength(result_.get(), row, column))};
}
std::size_t Rows::changed() const {
    const std::string_view text = PQcmdTuples(result_.get());
    std::size_t count = 0;
    std::from_chars(text.data(), text.data() + text.size(), count);
    return count;
}

void Connection::Finish::operator()(pg_conn* connection) const { PQfinish(connection); }

Connection::Connection(const std::string& dsn, std::string_view application, const Patience& patience)
    : patience_(patience) {
    connect(dsn, application);
    set_up();
}

void Connection::connect(const std::string& dsn, std::string_view application) {
    // What stands before `dbname` may be told otherwise by the DSN, which is expanded there.
    const std::string name(application);
    const std::string connect_seconds = std::to_string((patience_.connect.count() + 999) / 1000);
    const std::string silence_ms = std::to_string(patience_.silence.count());
    const std::array keywords{"fallback_application_name",
                              "connect_timeout",
                              "keepalives_idle",
                              "keepalives_interval",
                              "keepalives_count",
                              "tcp_user_timeout",
                              "dbname",
                              "client_encoding",
                              static_cast<const char*>(nullptr)};
    const std::array values{
        name.c_str(), connect_seconds.c_str(),          "5", "2", "2", silence_ms.c_str(), dsn.c_str(),
        "UTF8",       static_cast<const char*>(nullptr)};
    const Clock::time_point deadline = Clock::now() + patience_.connect;
    connection_.reset(PQconnectStartParams(keywords.data(), values.data(), 1));
    if (connection_ == nullptr) throw std::bad_alloc();
    if (PQstatus(connection_.get()) == CONNECTION_BAD) lost();
    PQsetErrorVerbosity(connection_.get(), PQERRORS_VERBOSE);
    for (PostgresPollingStatusType state = PGRES_POLLING_WRITING; state != PGRES_POLLING_OK;) {
        wait_for(state == PGRES_POLLING_WRITING, deadline);
        state = PQconnectPoll(connection_.get());
        if (state == PGRES_POLLING_FAILED) throw failure_to_connect(PQerrorMessage(connection_.get()));
    }
    PQsetErrorVerbosity(connection_.get(), PQERRORS_DEFAULT);
    if (PQsetnonblocking(connection_.get(), 1) != 0) lost();
    // Notices ("already exists, skipping") are not for anyone here; libpq would print them.
    PQsetNoticeReceiver(
        connection_.get(), [](void*, const PGresult*) {}, nullptr);
}

// The server notices within seconds that this side is gone: it holds a lock that says whose notes are whose.
void Connection::set_up() {
    execute(fmt::format(
        "SET statement_timeout = {}; SET lock_timeout = {}; SET tcp_user_timeout = {}; "
        "SET idle_in_transaction_session_timeout = {}; SET tcp_keepalives_idle = 5; "
        "SET tcp_keepalives_interval = 2; SET tcp_keepalives_count = 2",
        patience_.statement.count(), patience_.lock.count(), patience_.silence.count(), patience_.silence.count()));
}

// A plan made while a table is empty is a sequential scan that stays when the table has grown. All of ours are look-ups
// of keys in the order of their arrays, so only those are offered (measured: up to twenty times).
void Connection::pin_plans() {
    execute(
        "SET enable_seqscan = off; SET enable_bitmapscan = off; SET enable_hashjoin = off; "
        "SET enable_mergejoin = off; SET enable_memoize = off; SET enable_material = off; SET jit = off; "
        "SET plan_cache_mode = force_generic_plan");
}

void Connection::prepare(std::span<const Statement> statements, Plans plans) {
    if (plans == Plans::pinned) pin_plans();
    if (PQenterPipelineMode(connection_.get()) == 0) lost();
    const auto add_one = [this](const char* name, const char* sql) {
        expect(PQsendPrepare(connection_.get(), name, sql, 0, nullptr));
        pending_.push_back(Step::prepare);
    };
    add_one(begin_name, "BEGIN");
    add_one(commit_name, "COMMIT");
    for (const Statement& statement : statements) add_one(statement.name.c_str(), statement.sql.c_str());
    run();
}

void Connection::send(const char* name, const char* sql, const Parameters& parameters, Step step) {
    std::vector<const char*> values;
    std::vector<int> lengths;
    values.reserve(parameters.values().size());
    lengths.reserve(parameters.values().size());
    for (const std::string& value : parameters.values()) {
        values.push_back(value.data());
        lengths.push_back(static_cast<int>(value.size()));
    }
    const std::vector<int> formats(values.size(), binary);
    const int count = static_cast<int>(values.size());
    expect(sql == nullptr ? PQsendQueryPrepared(connection_.get(), name, count, values.data(), lengths.data(),
                                                formats.data(), binary)
                          : PQsendQueryParams(connection_.get(), sql, count, nullptr, values.data(), lengths.data(),
                                              formats.data(), binary));
    pending_.push_back(step);
}

Connection& Connection::add(const Statement& statement, const Parameters& parameters) {
    send(statement.name.c_str(), nullptr, parameters, Step::statement);
    return *this;
}
Connection& Connection::add_once(const Statement& statement, const Parameters& parameters) {
    const std::string sql = fmt::format("/* {} */ {}", statement.name, statement.sql);
    send(nullptr, sql.c_str(), parameters, Step::statement);
    return *this;
}
Connection& Connection::add_begin() {
    send(begin_name, nullptr, {}, Step::statement);
    return *this;
}
Connection& Connection::add_commit() {
    send(commit_name, nullptr, {}, Step::commit);
    return *this;
}

Rows Connection::run(const Statement& statement, const Parameters& parameters) {
    add(statement, parameters);
    return std::move(run().front());
}

std::vector<Rows> Connection::run() {
    commit_sent_ = !pending_.empty() && pending_.back() == Step::commit;
    if (PQpipelineSync(connection_.get()) == 0) lost();
    flush();

    std::vector<Rows> answers;
    answers.reserve(pending_.size());
    std::optional<Failure> first_failure;
    for (const Step step : std::exchange(pending_, {})) {
        // Each statement's results end with a null.
        while (pg_result* const result = next_result()) {
            Rows rows(result);
            switch (PQresultStatus(result)) {
                case PGRES_COMMAND_OK:
                case PGRES_TUPLES_OK: answers.push_back(std::move(rows)); break;
                case PGRES_PIPELINE_ABORTED: break;
                default:  // not our enum: whatever else it says, the statement did not do what it should
                    if (!first_failure) first_failure = failure_of(result, commit_sent_, step == Step::commit);
                    break;
            }
        }
        if (first_failure && first_failure->connection_lost()) throw *first_failure;
    }
    if (auto failure = take_end(); failure && !first_failure) first_failure = std::move(failure);
    commit_sent_ = false;
    if (first_failure) throw *first_failure;
    return answers;
}

/// What ends a round trip also ends the transaction of statements that have none around them: whatever is checked then,
/// as deferred constraints are, is refused here, behind the statements' own answers.
std::optional<Failure> Connection::take_end() {
    std::optional<Failure> failure;
    for (bool was_null = false;;) {
        pg_result* const result = next_result();
        if (result == nullptr) {
            if (was_null) lost("the end of an answer is missing");
            was_null = true;
            continue;
        }
        was_null = false;
        const Rows rows(result);
        if (PQresultStatus(result) == PGRES_PIPELINE_SYNC) return failure;
        failure = failure_of(result, commit_sent_, commit_sent_);
        if (failure->connection_lost()) throw *failure;
    }
}

bool Connection::roll_back() noexcept {
    try {
        pending_.clear();
        if (PQtransactionStatus(connection_.get()) == PQTRANS_IDLE) return true;
        const Statement rollback{"", "ROLLBACK"};
        expect(
            PQsendQueryParams(connection_.get(), rollback.sql.c_str(), 0, nullptr, nullptr, nullptr, nullptr, binary));
        pending_.push_back(Step::statement);
        run();
        return true;
    } catch (const Failure&) {
        return false;
    }
}

Rows Connection::execute(const std::string& script) {
    expect(PQsendQuery(connection_.get(), script.c_str()));
    flush();
    Rows last(nullptr);
    std::optional<Failure> failure;
    while (pg_result* const result = next_result()) {
        Rows rows(result);
        const ExecStatusType status = PQresultStatus(result);
        if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
            failure = failure_of(result, false, false);
        } else {
            last = std::move(rows);
        }
    }
    if (failure) throw *failure;
    return last;
}

bool Connection::alive() {
    pollfd descriptor{.fd = PQsocket(connection_.get()), .events = POLLIN, .revents = 0};
    if (PQstatus(connection_.get()) != CONNECTION_OK || descriptor.fd < 0) return false;
    if (::poll(&descriptor, 1, 0) <= 0) return true;
    // A farewell, a notice, or the end of the stream.
    if (PQconsumeInput(connection_.get()) == 0) return false;
    descriptor.revents = 0;
    if (::poll(&descriptor, 1, 0) <= 0) return PQstatus(connection_.get()) == CONNECTION_OK;
    return PQconsumeInput(connection_.get()) != 0 && PQstatus(connection_.get()) == CONNECTION_OK;
}

int Connection::backend_pid() const { return PQbackendPID(connection_.get()); }

void Connection::expect(int sent) {
    if (sent == 0) lost();
}

/// Sends all there is to send, and takes in what the server answers meanwhile, lest both wait for the other to read.
void Connection::flush() {
    Clock::time_point deadline = Clock::now() + patience_.silence;
    for (int left = PQflush(connection_.get()); left != 0; left = PQflush(connection_.get())) {
        if (left < 0) lost();
        wait_for(true, deadline);
        if (PQconsumeInput(connection_.get()) == 0) lost();
        deadline = Clock::now() + patience_.silence;
    }
}

pg_result* Connection::next_result() {
    while (PQisBusy(connection_.get()) != 0) {
        wait_for(false, Clock::now() + patience_.silence);
        if (PQconsumeInput(connection_.get()) == 0) lost();
    }
    return PQgetResult(connection_.get());
}

void Connection::wait_for(bool to_write, Clock::time_point deadline) {
    pollfd descriptor{.fd = PQsocket(connection_.get()),
                      .events = static_cast<short>(to_write ? POLLIN | POLLOUT : POLLIN),
                      .revents = 0};
    for (;;) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
        const int ready = left.count() <= 0 ? 0 : ::poll(&descriptor, 1, static_cast<int>(left.count()));
        if (ready > 0) return;
        if (ready == 0) lost("the server is silent");
        if (errno != EINTR) lost("poll failed");
    }
}

void Connection::lost() { lost(message_of(PQerrorMessage(connection_.get()))); }

void Connection::lost(const std::string& why) {
    pending_.clear();
    throw Failure::of_connection(why, commit_sent_);
}

}  // namespace orderstream::postgres
