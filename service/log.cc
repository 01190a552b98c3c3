#include "service/log.h"

#include <memory>
#include <string>
#include <utility>

#include <spdlog/async.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <absl/time/clock.h>
#include <absl/time/time.h>

#include "challenge/concat.h"

namespace stile {
namespace {

constexpr std::size_t kMaxText = 4'096;
constexpr std::size_t kMaxTexts = 200;
constexpr std::size_t kWaitingLines = 4'096;
constexpr const char* kLoggerName = "stile";

spdlog::level::level_enum SpdlogLevel(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarning:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

std::string_view LevelName(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "debug";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarning:
      return "warning";
    case LogLevel::kError:
      return "error";
  }
  return "info";
}

// The length of the well-formed UTF-8 sequence that `text` begins with; 0 if there is none.
std::size_t Utf8Length(std::string_view text) {
  const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto continues = [&](std::size_t i) { return i < text.size() && (byte(i) & 0xC0) == 0x80; };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return continues(1) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    if (!continues(1) || !continues(2)) return 0;
    if (lead == 0xE0 && byte(1) < 0xA0) return 0;
    if (lead == 0xED && byte(1) > 0x9F) return 0;
    return 3;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    if (!continues(1) || !continues(2) || !continues(3)) return 0;
    if (lead == 0xF0 && byte(1) < 0x90) return 0;
    if (lead == 0xF4 && byte(1) > 0x8F) return 0;
    return 4;
  }
  return 0;
}

}  // namespace

std::string JsonString(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string json(1, '"');
  while (!text.empty()) {
    const std::size_t length = Utf8Length(text);
    const auto byte = static_cast<unsigned char>(text[0]);
    if (length == 0) {
      json += "\xEF\xBF\xBD";
    } else if (byte == '"' || byte == '\\') {
      json += '\\';
      json += text[0];
    } else if (byte == '\n') {
      json += "\\n";
    } else if (byte < 0x20 || byte == 0x7F) {
      json += Concat("\\u00", kDigits.substr(byte >> 4, 1), kDigits.substr(byte & 15, 1));
    } else {
      json += text.substr(0, length);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  json += '"';
  return json;
}

LogField::LogField(std::string_view field_name, std::string_view text)
    : name(field_name), json(JsonString(text.substr(0, kMaxText))) {}

LogField::LogField(std::string_view field_name, const std::vector<std::string>& texts)
    : name(field_name), json(1, '[') {
  for (std::size_t i = 0; i < texts.size() && i < kMaxTexts; ++i) {
    if (i != 0) json += ',';
    json += JsonString(std::string_view(texts[i]).substr(0, kMaxText));
  }
  if (texts.size() > kMaxTexts) {
    json += Concat(",", JsonString(Concat("and ", texts.size() - kMaxTexts, " more")));
  }
  json += ']';
}

void StartLog(LogLevel least) {
  spdlog::init_thread_pool(kWaitingLines, 1);
  auto logger = std::make_shared<spdlog::async_logger>(
      kLoggerName, std::make_shared<spdlog::sinks::stderr_sink_mt>(), spdlog::thread_pool(),
      spdlog::async_overflow_policy::overrun_oldest);
  logger->set_pattern("%v");
  logger->set_level(SpdlogLevel(least));
  logger->flush_on(spdlog::level::debug);
  // A line that there is no memory for is lost: what spdlog would say of it is no JSON.
  logger->set_error_handler([](const std::string&) {});
  spdlog::register_logger(std::move(logger));
}

void SetLogLevel(LogLevel least) {
  if (const auto logger = spdlog::get(kLoggerName)) logger->set_level(SpdlogLevel(least));
}

void StopLog() { spdlog::shutdown(); }

void Log(LogLevel level, std::string_view event, std::span<const LogField> fields) {
  const auto logger = spdlog::get(kLoggerName);
  if (logger == nullptr || !logger->should_log(SpdlogLevel(level))) return;
  std::string line = Concat("{\"event\":", JsonString(event));
  for (const LogField& field : fields) {
    line += Concat(",", JsonString(field.name), ":", field.json);
  }
  line += Concat(",\"level\":", JsonString(LevelName(level)), ",\"time\":\"",
                 absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", absl::Now(), absl::UTCTimeZone()), "\"}");
  logger->log(SpdlogLevel(level), spdlog::string_view_t(line.data(), line.size()));
}

std::vector<std::string> Texts(const Errors& errors) {
  std::vector<std::string> texts;
  texts.reserve(errors.size());
  for (const Error& error : errors) texts.push_back(ToString(error));
  return texts;
}

}  // namespace stile
