#include "order/number.h"

#include <algorithm>

#include "order/limits.h"

namespace orderstream::order {

namespace {

constexpr std::int64_t exponent_max = 1'000'000'000;

std::string_view take_digits(std::string_view& text) {
    const auto end = std::find_if_not(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
    const auto digits = text.substr(0, static_cast<std::size_t>(end - text.begin()));
    text.remove_prefix(digits.size());
    return digits;
}

bool take(std::string_view& text, char c) {
    if (!text.starts_with(c)) return false;
    text.remove_prefix(1);
    return true;
}

/// The digits before and after the point as one row.
class Digits {
  public:
    explicit Digits(const NumberText& number) : whole_(number.whole), fraction_(number.fraction) {}

    [[nodiscard]] std::size_t size() const { return whole_.size() + fraction_.size(); }

    /// Of the first digit that is not zero; size() if there is none.
    [[nodiscard]] std::size_t first_nonzero() const {
        const std::size_t in_whole = whole_.find_first_not_of('0');
        if (in_whole != std::string_view::npos) return in_whole;
        return whole_.size() + std::min(fraction_.find_first_not_of('0'), fraction_.size());
    }
    /// Of the last digit that is not zero; there must be one.
    [[nodiscard]] std::size_t last_nonzero() const {
        const std::size_t in_fraction = fraction_.find_last_not_of('0');
        return in_fraction != std::string_view::npos ? whole_.size() + in_fraction : whole_.find_last_not_of('0');
    }
    void append(std::string& out, std::size_t from, std::size_t to) const {
        if (from < whole_.size()) out.append(whole_, from, std::min(to, whole_.size()) - from);
        if (to > whole_.size()) {
            const std::size_t start = from > whole_.size() ? from - whole_.size() : 0;
            out.append(fraction_, start, to - whole_.size() - start);
        }
    }

  private:
    std::string_view whole_;
    std::string_view fraction_;
};

}  // namespace

std::optional<NumberText> scan_number(std::string_view text) {
    NumberText number;
    number.negative = take(text, '-');
    number.whole = take_digits(text);
    if (number.whole.empty() || (number.whole.size() > 1 && number.whole.front() == '0')) return std::nullopt;
    if (take(text, '.')) {
        number.fraction = take_digits(text);
        if (number.fraction.empty()) return std::nullopt;
    }
    if (take(text, 'e') || take(text, 'E')) {
        number.has_exponent = true;
        const bool minus = take(text, '-');
        if (!minus) (void)take(text, '+');
        const std::string_view digits = take_digits(text);
        if (digits.empty()) return std::nullopt;
        for (const char c : digits) {
            number.exponent = std::min(number.exponent * 10 + (c - '0'), exponent_max);
        }
        if (minus) number.exponent = -number.exponent;
    }
    if (!text.empty()) return std::nullopt;
    return number;
}

bool is_within_limits(const NumberText& number) {
    if (!number.has_exponent && number.whole.size() + number.fraction.size() <= limits::number_digits) return true;
    const Digits digits(number);
    const std::size_t first = digits.first_nonzero();
    if (first == digits.size()) return true;
    if (digits.last_nonzero() - first >= limits::number_digits) return false;
    const auto magnitude =
        static_cast<std::int64_t>(number.whole.size()) - 1 - static_cast<std::int64_t>(first) + number.exponent;
    return -limits::number_exponent <= magnitude && magnitude <= limits::number_exponent;
}

void append_written_out(std::string& out, const NumberText& number) {
    const Digits digits(number);
    const std::size_t first = digits.first_nonzero();
    const bool is_zero = first == digits.size();
    if (number.negative && !is_zero) out += '-';
    if (!number.has_exponent || is_zero) {
        out.append(number.whole);
        if (!number.has_exponent && !number.fraction.empty()) out.append(1, '.').append(number.fraction);
        return;
    }

    // Where the point comes to stand, counted in digits from the left; it may lie outside of them.
    const std::int64_t point = static_cast<std::int64_t>(number.whole.size()) + number.exponent;
    const auto size = static_cast<std::int64_t>(digits.size());
    const auto inner_point = static_cast<std::size_t>(std::clamp<std::int64_t>(point, 0, size));
    if (first < inner_point) {
        digits.append(out, first, inner_point);
        if (point > size) out.append(static_cast<std::size_t>(point - size), '0');
    } else {
        out += '0';
    }
    if (point >= size) return;
    out += '.';
    if (point < 0) out.append(static_cast<std::size_t>(-point), '0');
    digits.append(out, inner_point, digits.size());
}

}  // namespace orderstream::order
