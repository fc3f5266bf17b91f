#include "order/time.h"

#include <algorithm>
#include <array>

namespace orderstream::order {

namespace {

using namespace std::chrono;

// RFC 3339 has years of four digits.
constexpr Time earliest = sys_days{year{0} / 1 / 1};
constexpr Time latest = sys_days{year{10000} / 1 / 1} - microseconds{1};

void put_digits(char* out, unsigned value, int digits) {
    for (int i = digits - 1; i >= 0; --i) {
        out[i] = static_cast<char>('0' + value % 10);
        value /= 10;
    }
}

/// Reads a text from left to right; after the first failure `ok` stays false.
class Scanner {
  public:
    explicit Scanner(std::string_view text) : text_(text) {}

    [[nodiscard]] bool ok() const { return ok_; }
    [[nodiscard]] bool at_end() const { return text_.empty(); }

    bool accept(char c) {
        if (text_.empty() || text_.front() != c) return false;
        text_.remove_prefix(1);
        return true;
    }
    bool accept_any_of(std::string_view chars) {
        return std::any_of(chars.begin(), chars.end(), [this](char c) { return accept(c); });
    }
    void expect(char c) { ok_ = accept(c) && ok_; }

    int digit() {
        if (text_.empty() || text_.front() < '0' || text_.front() > '9') {
            ok_ = false;
            return 0;
        }
        const int value = text_.front() - '0';
        text_.remove_prefix(1);
        return value;
    }
    [[nodiscard]] bool has_digit() const { return !text_.empty() && text_.front() >= '0' && text_.front() <= '9'; }
    int digits(int count) {
        int value = 0;
        for (int i = 0; i < count; ++i) {
            value = value * 10 + digit();
        }
        return value;
    }
    void fail() { ok_ = false; }

  private:
    std::string_view text_;
    bool ok_ = true;
};

microseconds scan_fraction(Scanner& scanner) {
    int value = scanner.digit();
    int count = 1;
    while (scanner.has_digit()) {
        const int digit = scanner.digit();
        if (count == 6) continue;
        value = value * 10 + digit;
        ++count;
    }
    for (; count < 6; ++count) {
        value *= 10;
    }
    return microseconds{value};
}

minutes scan_offset(Scanner& scanner) {
    if (scanner.accept_any_of("Zz")) return minutes{0};
    const bool west = scanner.accept('-');
    if (!west) scanner.expect('+');
    const int hour = scanner.digits(2);
    scanner.expect(':');
    const int minute = scanner.digits(2);
    if (hour > 23 || minute > 59) scanner.fail();
    const minutes offset = hours{hour} + minutes{minute};
    return west ? -offset : offset;
}

}  // namespace

std::string to_rfc3339(Time time) {
    std::string text;
    append_rfc3339(text, time);
    return text;
}

void append_rfc3339(std::string& out, Time time) {
    time = std::clamp(time, earliest, latest);
    const sys_days day = floor<days>(time);
    const year_month_day date{day};
    const auto within = static_cast<std::uint64_t>((time - day).count());
    const auto second = static_cast<unsigned>(within / 1'000'000);

    std::array<char, 27> text{'0', '0', '0', '0', '-', '0', '0', '-', '0', '0', 'T', '0', '0', ':',
                              '0', '0', ':', '0', '0', '.', '0', '0', '0', '0', '0', '0', 'Z'};
    put_digits(&text[0], static_cast<unsigned>(static_cast<int>(date.year())), 4);
    put_digits(&text[5], static_cast<unsigned>(date.month()), 2);
    put_digits(&text[8], static_cast<unsigned>(date.day()), 2);
    put_digits(&text[11], second / 3600, 2);
    put_digits(&text[14], second / 60 % 60, 2);
    put_digits(&text[17], second % 60, 2);
    put_digits(&text[20], static_cast<unsigned>(within % 1'000'000), 6);
    out.append(text.data(), text.size());
}

std::optional<Time> parse_rfc3339(std::string_view text) {
    Scanner scanner(text);
    const int y = scanner.digits(4);
    scanner.expect('-');
    const int m = scanner.digits(2);
    scanner.expect('-');
    const int d = scanner.digits(2);
    if (!scanner.accept_any_of("Tt ")) scanner.fail();
    const int hour = scanner.digits(2);
    scanner.expect(':');
    const int minute = scanner.digits(2);
    scanner.expect(':');
    const int second = scanner.digits(2);
    const microseconds fraction = scanner.accept('.') ? scan_fraction(scanner) : microseconds{0};
    const minutes offset = scan_offset(scanner);
    if (!scanner.ok() || !scanner.at_end()) return std::nullopt;

    const year_month_day date{year{y}, month{static_cast<unsigned>(m)}, day{static_cast<unsigned>(d)}};
    if (!date.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
    const sys_seconds start_of_minute = sys_days{date} + hours{hour} + minutes{minute} - offset;
    // A leap second ends a UTC day (5.7); like every POSIX clock we show it as the second after.
    if (second == 60 && start_of_minute + minutes{1} != ceil<days>(start_of_minute + minutes{1})) return std::nullopt;
    return start_of_minute + seconds{second} + fraction;
}

}  // namespace orderstream::order
