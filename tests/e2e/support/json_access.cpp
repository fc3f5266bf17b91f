#include "e2e/support/json_access.h"

#include <charconv>
#include <stdexcept>

namespace orderstream::e2e {

namespace {

using documents::Json;

std::string unescape(std::string_view token) {
    std::string text;
    for (std::size_t i = 0; i < token.size(); ++i) {
        if (token[i] == '~' && i + 1 < token.size()) {
            text += token[++i] == '1' ? '/' : '~';
        } else {
            text += token[i];
        }
    }
    return text;
}

const Json* child(const Json& json, const std::string& token) {
    const Json::Array* array = json.as_array();
    if (array == nullptr) return json.find(token);
    std::size_t index = 0;
    const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), index);
    const bool whole = error == std::errc() && end == token.data() + token.size();
    return whole && index < array->size() ? &(*array)[index] : nullptr;
}

const Json* find(const Json& json, std::string_view pointer) {
    const Json* here = &json;
    while (here != nullptr && !pointer.empty()) {
        if (!pointer.starts_with('/')) throw std::invalid_argument("'" + std::string(pointer) + "' is no JSON pointer");
        pointer.remove_prefix(1);
        const std::string_view token = pointer.substr(0, pointer.find('/'));
        pointer.remove_prefix(token.size());
        here = child(*here, unescape(token));
    }
    return here;
}

[[noreturn]] void fail(const Json& json, std::string_view pointer, std::string_view wanted) {
    throw std::runtime_error("no " + std::string(wanted) + " at '" + std::string(pointer) + "' of " +
                             render_json(json));
}

}  // namespace

bool has(const Json& json, std::string_view pointer) { return find(json, pointer) != nullptr; }

const Json& at(const Json& json, std::string_view pointer) {
    const Json* found = find(json, pointer);
    if (found == nullptr) fail(json, pointer, "value");
    return *found;
}

std::string text_at(const Json& json, std::string_view pointer) {
    const std::string* text = at(json, pointer).as_string();
    if (text == nullptr) fail(json, pointer, "string");
    return *text;
}

std::string number_at(const Json& json, std::string_view pointer) {
    const Json::Number* number = at(json, pointer).as_number();
    if (number == nullptr) fail(json, pointer, "number");
    return number->text;
}

long long integer_at(const Json& json, std::string_view pointer) {
    const std::string text = number_at(json, pointer);
    long long number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) fail(json, pointer, "integer");
    return number;
}

bool bool_at(const Json& json, std::string_view pointer) {
    const bool* truth = at(json, pointer).as_bool();
    if (truth == nullptr) fail(json, pointer, "true or false");
    return *truth;
}

std::size_t size_at(const Json& json, std::string_view pointer) {
    const Json& found = at(json, pointer);
    if (const Json::Array* array = found.as_array()) return array->size();
    if (const Json::Object* object = found.as_object()) return object->size();
    fail(json, pointer, "array or object");
}

}  // namespace orderstream::e2e
