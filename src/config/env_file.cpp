#include "config/env_file.h"

#include <tl/expected.hpp>

#include <algorithm>
#include <cstddef>
#include <utility>

namespace orderstream::config {
namespace {

constexpr std::string_view blanks = " \t\r";

bool is_name_start(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_name_part(char c) { return is_name_start(c) || (c >= '0' && c <= '9') || c == '.' || c == '-'; }

/// Goes through the text once; a line that makes no sense is skipped to its end.
class Parser {
  public:
    Parser(std::string_view file_name, std::string_view text) : file_name_(file_name), rest_(text) {
        constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
        if (rest_.starts_with(byte_order_mark)) rest_.remove_prefix(byte_order_mark.size());
    }

    EnvFile parse() && {
        while (!rest_.empty()) {
            skip_blanks();
            const std::size_t line = line_;  // where a value that spans lines begins
            if (!at_line_end() && rest_.front() != '#') {
                if (const auto parsed = parse_assignment(line); !parsed)
                    file_.problems.push_back({place(line), parsed.error()});
            }
            skip_line();
        }
        return std::move(file_);
    }

  private:
    using Result = tl::expected<void, std::string>;
    using Text = tl::expected<std::string, std::string>;

    std::string place(std::size_t line) const { return file_name_ + " line " + std::to_string(line); }

    bool at_line_end() const { return rest_.empty() || rest_.front() == '\n'; }

    void skip_blanks() {
        while (!rest_.empty() && blanks.find(rest_.front()) != std::string_view::npos) rest_.remove_prefix(1);
    }

    void skip_line() {
        const std::size_t end = rest_.find('\n');
        rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
        ++line_;
    }

    std::string_view take_name() {
        if (rest_.empty() || !is_name_start(rest_.front())) return {};
        const auto end = std::ranges::find_if_not(rest_, is_name_part);
        const std::string_view name(rest_.begin(), end);
        rest_.remove_prefix(name.size());
        return name;
    }

    Result parse_assignment(std::size_t line) {
        std::string_view name = take_name();
        if (name == "export" && !at_line_end() && blanks.find(rest_.front()) != std::string_view::npos) {
            skip_blanks();
            if (!rest_.starts_with('=')) name = take_name();
        }
        skip_blanks();
        if (name.empty() || !rest_.starts_with('=')) return tl::unexpected<std::string>("is not NAME=value");
        rest_.remove_prefix(1);
        skip_blanks();

        Text value = parse_value();
        if (!value) return tl::unexpected(std::move(value).error());
        if (value->find('\0') != std::string::npos) return tl::unexpected<std::string>("holds a NUL byte");
        file_.given.insert_or_assign(std::string(name), Given{*std::move(value), place(line)});
        return {};
    }

    Text parse_value() {
        if (at_line_end()) return std::string();
        if (rest_.front() != '\'' && rest_.front() != '"') return bare_value();
        Text value = quoted_value(rest_.front());
        if (!value) return value;
        skip_blanks();
        if (!at_line_end() && rest_.front() != '#')
            return tl::unexpected<std::string>("goes on after the closing quote");
        return value;
    }

    std::string bare_value() {
        std::string_view line = rest_.substr(0, rest_.find('\n'));
        for (std::size_t hash = line.find('#'); hash != std::string_view::npos; hash = line.find('#', hash + 1))
            if (hash == 0 || blanks.find(line[hash - 1]) != std::string_view::npos) line = line.substr(0, hash);
        return std::string(line.substr(0, line.find_last_not_of(blanks) + 1));
    }

    Text quoted_value(char quote) {
        const std::string_view from_quote = rest_;
        rest_.remove_prefix(1);
        std::string value;
        while (!rest_.empty()) {
            char c = rest_.front();
            rest_.remove_prefix(1);
            if (c == quote) {
                line_ += static_cast<std::size_t>(
                    std::ranges::count(from_quote.substr(0, from_quote.size() - rest_.size()), '\n'));
                return value;
            }
            if (c == '\\' && quote == '"' && !rest_.empty()) {
                value += unescape(rest_.front());
                rest_.remove_prefix(1);
            } else {
                value += c;
            }
        }
        rest_ = from_quote;  // the next lines may make sense
        return tl::unexpected<std::string>(std::string("has no closing ") + quote);
    }

    static std::string unescape(char c) {
        switch (c) {
            case 'n': return "\n";
            case 'r': return "\r";
            case 't': return "\t";
            case '"':
            case '\\':
            case '$': return {c};
            default: return {'\\', c};
        }
    }

    std::string file_name_;
    std::string_view rest_;
    std::size_t line_ = 1;
    EnvFile file_;
};

}  // namespace

EnvFile parse_env_file(std::string_view file_name, std::string_view text) { return Parser(file_name, text).parse(); }

std::string quote_env_value(std::string_view value) {
    const auto stands_bare = [](char c) {
        return is_name_part(c) || std::string_view("/:@,+*%?&=~").find(c) != std::string_view::npos;
    };
    if (std::ranges::all_of(value, stands_bare)) return std::string(value);

    std::string quoted = "\"";
    for (const char c : value) {
        switch (c) {
            case '\n': quoted += "\\n"; break;
            case '\r': quoted += "\\r"; break;
            case '\t': quoted += "\\t"; break;
            case '"':
            case '\\':
            case '$': quoted += '\\'; [[fallthrough]];
            default: quoted += c;
        }
    }
    return quoted += '"';
}

}  // namespace orderstream::config
