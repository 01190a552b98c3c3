#ifndef STILE_SERVICE_LOG_H_
#define STILE_SERVICE_LOG_H_

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "challenge/error.h"
#include "service/config.h"

namespace stile {

// One named value of a log line.
struct LogField {
  LogField(std::string_view field_name, std::string_view text);
  LogField(std::string_view field_name, const char* text)
      : LogField(field_name, std::string_view(text)) {}
  LogField(std::string_view field_name, const std::string& text)
      : LogField(field_name, std::string_view(text)) {}
  LogField(std::string_view field_name, bool value)
      : name(field_name), json(value ? "true" : "false") {}
  template <std::integral Number>
  LogField(std::string_view field_name, Number value)
      : name(field_name), json(std::to_string(value)) {}
  LogField(std::string_view field_name, const std::vector<std::string>& texts);

  std::string_view name;
  std::string json;  // The value, encoded.
};

// Starts logging: JSON lines to standard error from a thread of its own, which drops the oldest
// lines rather than make anybody wait for a reader that is stuck. Call once, before Log.
void StartLog(LogLevel least);
// Lines below `least` are left out from now on.
void SetLogLevel(LogLevel least);
// Writes what is still waiting and ends the thread.
void StopLog();

// Writes {"event":...,<fields>,"level":...,"time":...} with one line per event. Any thread. Values
// are escaped and cut to 4 KiB; no caller passes a secret, a token or a cookie.
void Log(LogLevel level, std::string_view event, std::span<const LogField> fields);
inline void Log(LogLevel level, std::string_view event,
                std::initializer_list<LogField> fields = {}) {
  Log(level, event, std::span(fields.begin(), fields.size()));
}

// The texts of `errors`, for a field.
[[nodiscard]] std::vector<std::string> Texts(const Errors& errors);

// `text` as a JSON string with its quotes. Bytes that are not UTF-8 become U+FFFD.
[[nodiscard]] std::string JsonString(std::string_view text);

}  // namespace stile

#endif  // STILE_SERVICE_LOG_H_
