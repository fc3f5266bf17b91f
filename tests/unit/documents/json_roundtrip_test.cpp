#include <gtest/gtest.h>

#include <random>

#include "documents/json.h"

namespace orderstream::documents {
namespace {

/// Random values within the limits, and texts of them with whitespace and escapes strewn in.
class RandomJson {
  public:
    explicit RandomJson(unsigned seed) : random_(seed) {}

    Json value(int depth = 0) {
        switch (draw(0, depth < 6 ? 6 : 4)) {
            case 0: return Json();
            case 1: return Json(draw(0, 1) == 1);
            case 2:
            case 3: return Json(Json::Number{number()});
            case 4: return Json(text());
            case 5: return array(depth);
            default: return object(depth);
        }
    }

    /// The same value as a client might have written it.
    std::string written(const Json& value) {
        std::string out = space();
        if (const auto* text = value.as_string()) {
            out += escaped(*text);
        } else if (const auto* array = value.as_array()) {
            out += '[';
            for (std::size_t i = 0; i < array->size(); ++i) {
                out += (i > 0 ? "," : "") + written((*array)[i]);
            }
            out += space() + ']';
        } else if (const auto* object = value.as_object()) {
            out += '{';
            for (std::size_t i = 0; i < object->size(); ++i) {
                out += (i > 0 ? "," : "") + space() + escaped((*object)[i].first) + space() + ":" +
                       written((*object)[i].second);
            }
            out += space() + '}';
        } else {
            out += render_json(value);
        }
        return out + space();
    }

    int draw(int low, int high) { return std::uniform_int_distribution<int>(low, high)(random_); }

  private:
    std::string digits(int count) {
        std::string all;
        for (int i = 0; i < count; ++i) {
            all += static_cast<char>('0' + draw(0, 9));
        }
        return all;
    }

    std::string number() {
        std::string text = draw(0, 3) == 0 ? "-" : "";
        text += draw(0, 2) == 0 ? "0" : std::string(1, static_cast<char>('1' + draw(0, 8))) + digits(draw(0, 40));
        if (draw(0, 1) == 1) text += "." + digits(draw(1, 40));
        const bool is_negative_zero = text[0] == '-' && text.find_first_of("123456789") == std::string::npos;
        return is_negative_zero ? text.substr(1) : text;
    }

    std::string text() {
        static constexpr std::string_view pieces[] = {"a",    "Z9 ",  "\"",   "\\", "/", "\n", "\t",          "\b",
                                                      "\x01", "\x1f", "\x7f", "é",  "€", "😀", "\xed\x9f\xbf"};
        std::string all;
        for (int i = draw(0, 12); i > 0; --i) {
            all += pieces[draw(0, static_cast<int>(std::size(pieces)) - 1)];
        }
        return all;
    }

    Json array(int depth) {
        Json::Array elements;
        for (int i = draw(0, 5); i > 0; --i) {
            elements.push_back(value(depth + 1));
        }
        return Json(std::move(elements));
    }

    Json object(int depth) {
        Json::Object members;
        for (int i = draw(0, 12); i > 0; --i) {
            members.emplace_back(text() + std::to_string(i), value(depth + 1));
        }
        return Json(std::move(members));
    }

    std::string space() { return std::string(static_cast<std::size_t>(draw(0, 2)), " \t\r\n"[draw(0, 3)]); }

    std::string escaped(std::string_view text) {
        std::string out = "\"";
        for (const char c : text) {
            const auto byte = static_cast<unsigned char>(c);
            if (byte < 0x20 || c == '"' || c == '\\' || (byte < 0x80 && draw(0, 9) == 0)) {
                constexpr char hex[] = "0123456789abcdefABCDEF";
                out.append("\\u00").append(1, hex[byte >> 4]).append(1, hex[byte & 15]);
            } else {
                out += c;
            }
        }
        return out + '"';
    }

    std::mt19937_64 random_;
};

class JsonRoundTrip : public testing::TestWithParam<unsigned> {};

TEST_P(JsonRoundTrip, loses_nothing) {
    RandomJson random(GetParam());
    for (int i = 0; i < 200; ++i) {
        const Json value = random.value();
        const std::string text = render_json(value);
        const auto again = parse_json(text);
        ASSERT_TRUE(again) << text << ": " << again.error().detail;
        ASSERT_EQ(render_json(*again), text);

        const auto from_client = parse_json(random.written(value));
        ASSERT_TRUE(from_client) << text << ": " << from_client.error().detail;
        ASSERT_EQ(render_json(*from_client), text);
    }
}

TEST_P(JsonRoundTrip, makes_a_canonical_text_that_is_its_own) {
    RandomJson random(GetParam());
    for (int i = 0; i < 200; ++i) {
        const Json value = random.value();
        const std::string canonical = canonical_json(value);
        const auto again = parse_json(canonical);
        ASSERT_TRUE(again) << canonical << ": " << again.error().detail;
        ASSERT_EQ(canonical_json(*again), canonical);
    }
}

/// Whatever is done to a text: an answer, never a crash, and what is taken is valid to take again.
TEST_P(JsonRoundTrip, survives_damaged_texts) {
    RandomJson random(GetParam());
    for (int i = 0; i < 300; ++i) {
        std::string text = random.written(random.value());
        for (int damage = random.draw(1, 3); damage > 0; --damage) {
            const auto at = static_cast<std::size_t>(random.draw(0, static_cast<int>(text.size()) - 1));
            text[at] = static_cast<char>(random.draw(0, 255));
        }
        const auto value = parse_json(text);
        if (!value) {
            ASSERT_FALSE(value.error().detail.empty());
            continue;
        }
        const std::string rendered = render_json(*value);
        const auto again = parse_json(rendered);
        ASSERT_TRUE(again) << rendered << ": " << again.error().detail;
        ASSERT_EQ(render_json(*again), rendered);
    }
}

INSTANTIATE_TEST_SUITE_P(Seeds, JsonRoundTrip, testing::Range(1U, 9U));

}  // namespace
}  // namespace orderstream::documents
