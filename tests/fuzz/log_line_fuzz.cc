// Lines of access logs. A line that is read has views that lie in it or in the reader's room; the
// same line reads the same again; what is decoded is never longer than the line.

#include <string>

#include "tests/fuzz/fuzz_target.h"
#include "tool/log_line.h"

namespace stile {
namespace {

// Every text of a line, read to its end, and how long they are together.
std::size_t SizeOf(const LogLine& line) {
  std::size_t size = 0;
  std::size_t sum = 0;
  const auto add = [&](std::string_view text) {
    for (const char c : text) sum += static_cast<unsigned char>(c);
    size += text.size();
  };
  for (const std::string_view text : {line.address, line.method, line.target, line.host,
                                      line.user_agent, line.country, line.tls_fingerprint}) {
    add(text);
  }
  for (std::size_t i = 0; i < line.field_count; ++i) {
    add(line.fields[i].name);
    add(line.fields[i].value);
  }
  STILE_REQUIRE(sum <= size * 255);
  return size;
}

void ReadLine(std::string_view text, LogFormat format) {
  LogLineReader reader(format);
  LogLine line;
  const LogReading reading = reader.Read(text, line);
  STILE_REQUIRE(line.field_count <= LogLine::kMaxFields);
  // The names of fields that the reader gives itself are no part of the line.
  const std::size_t size = SizeOf(line);
  STILE_REQUIRE(size <= 4 * text.size() + 64);
  switch (reading) {
    case LogReading::kRequest:
      Reach(text.find('{') == 0 ? "request in JSON" : "request in a combined line");
      STILE_REQUIRE(!line.method.empty());
      STILE_REQUIRE(!line.target.empty() && line.target.size() <= text.size() + 1);
      break;
    case LogReading::kNoRequest:
      Reach("no request");
      break;
    case LogReading::kUnreadable:
      Reach("unreadable line");
      STILE_REQUIRE(!reader.reason().empty());
      return;
  }
  LogLine again;
  LogLineReader other(format);
  STILE_REQUIRE(other.Read(text, again) == reading);
  STILE_REQUIRE(again.target == line.target && again.user_agent == line.user_agent &&
                again.field_count == line.field_count && again.seconds == line.seconds);
}

}  // namespace

void FuzzLogLine(FuzzInput input) {
  const std::string_view text = TextOf(input);
  for (const LogFormat format :
       {LogFormat::kAuto, LogFormat::kCombined, LogFormat::kJson, LogFormat::kCaddy}) {
    ReadLine(text, format);
  }
}

}  // namespace stile
