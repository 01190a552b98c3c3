#ifndef STILE_TOOL_LOG_LINE_H_
#define STILE_TOOL_LOG_LINE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "verifier/request.h"

namespace stile {

// How a line of an access log is written.
enum class LogFormat : std::uint8_t {
  kAuto = 0,      // Each line by its first byte: '{' begins JSON, anything else is combined.
  kCombined = 1,  // nginx' and Apache's combined and common, with or without "host:port" in front.
  kJson = 2,      // One object a line, its members named as in kJsonNames (log_line_json.cc).
  kCaddy = 3,     // Caddy's structured log: JSON whose member "request" is an object.
};

// One request as an access log tells it. Views into the line and into its reader's room: they live
// until the reader's next line. An empty text, or a "-" in the log, is not known.
struct LogLine {
  static constexpr std::size_t kMaxFields = 48;

  std::string_view address;  // As written, without a port.
  std::string_view method;
  std::string_view target;  // Origin-form; an absolute one has given its host away.
  std::string_view host;    // Without port.
  std::string_view user_agent;
  std::string_view country;
  std::string_view tls_fingerprint;
  std::uint32_t asn = 0;
  std::optional<std::int64_t> seconds;  // Unix time.
  // The header fields that the log has, the user agent among them.
  std::array<RequestField, kMaxFields> fields;
  std::size_t field_count = 0;

  // Beyond kMaxFields, and without a value, there is nothing to add.
  void AddField(std::string_view name, std::string_view value) noexcept {
    if (value.empty() || value == "-" || field_count == kMaxFields) return;
    fields[field_count++] = {name, value};
  }
};

// What a line turned out to be.
enum class LogReading : std::uint8_t {
  kUnreadable = 0,  // LogLineReader::reason() says why.
  kRequest = 1,
  kNoRequest =
      2,  // Rightly in the log and nothing to decide about: no HTTP, another kind of entry.
};

// Room for texts of one line that had to be decoded. What is decoded is never longer than the line.
class LogText {
 public:
  static constexpr std::size_t kMaxLine = 64 * 1024;

  LogText() : room_(std::make_unique<char[]>(kMaxLine)) {}

  void Clear() noexcept { used_ = 0; }
  // `text` with \xHH and the C escapes of Apache (\" \\ \n \t \r \b \f \v) decoded, and \uHHHH too;
  // `text` itself if it has none. An escape that is none stays as it is.
  [[nodiscard]] std::string_view Decode(std::string_view text) noexcept;
  // `text` with '-' for each '_'. Empty if there is no room.
  [[nodiscard]] std::string_view Dashed(std::string_view text) noexcept;

 private:
  std::unique_ptr<char[]> room_;
  std::size_t used_ = 0;
};

// Reads lines of an access log. About 0.2 us a line; allocates nothing once it is made.
class LogLineReader {
 public:
  explicit LogLineReader(LogFormat format = LogFormat::kAuto) : format_(format) {}

  // `line` is without its line break. One over LogText::kMaxLine bytes is unreadable.
  [[nodiscard]] LogReading Read(std::string_view line, LogLine& out) noexcept;

  // What is wrong with the last line, as "it has no time in brackets".
  [[nodiscard]] std::string_view reason() const noexcept { return reason_; }

 private:
  LogFormat format_;
  LogText text_;
  std::string_view reason_;
};

// What a reader of one format returns: kUnreadable comes with a reason, a text that lives for ever.
struct LogOutcome {
  LogReading reading = LogReading::kUnreadable;
  std::string_view reason;
};
[[nodiscard]] LogOutcome ReadCombinedLine(std::string_view line, LogText& text,
                                          LogLine& out) noexcept;
[[nodiscard]] LogOutcome ReadJsonLine(std::string_view line, bool caddy, LogText& text,
                                      LogLine& out) noexcept;

// Puts "GET /a HTTP/1.1" where a LogLine has it. Returns false if it is no HTTP request for an
// origin: bytes of another protocol, a CONNECT, nothing at all.
[[nodiscard]] bool TakeRequestLine(std::string_view request, LogLine& out) noexcept;
// The same for a target alone, which may be absolute.
[[nodiscard]] bool TakeTarget(std::string_view target, LogLine& out) noexcept;

// "192.0.2.1" of "192.0.2.1:443", "2001:db8::1" of "[2001:db8::1]:443", "example.org" of
// "example.org:80"; anything else as it is.
[[nodiscard]] std::string_view WithoutPort(std::string_view text) noexcept;

}  // namespace stile

#endif  // STILE_TOOL_LOG_LINE_H_
