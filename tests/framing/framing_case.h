#ifndef STILE_TESTS_FRAMING_FRAMING_CASE_H_
#define STILE_TESTS_FRAMING_FRAMING_CASE_H_

#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace stile {

// A stream of tests/vectors/framing.txt, which explains itself at its beginning. What it says of
// fields and of other proxies is for the tests that send it through processes.
struct FramingCase {
  std::string name;
  std::string bytes;
  std::vector<std::string> requests;  // "POST /open/a length hello"; content follows one space.
  std::string end;                    // "open", "refused 400 head bare-lf".
};
inline void PrintTo(const FramingCase& stream, std::ostream* out) { *out << stream.name; }

// What a test sends behind a stream that doesn't wait for more.
inline constexpr std::string_view kLastRequest =
    "GET /open/end HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

// Every stream of the file. Throws std::runtime_error, with the line, where it makes no sense.
std::vector<FramingCase> ReadFramingCases(const std::string& path);

}  // namespace stile

#endif  // STILE_TESTS_FRAMING_FRAMING_CASE_H_
