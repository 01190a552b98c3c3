// judge_streams MAX_HEAD MAX_TARGET MAX_FIELDS MAX_BODY: for each line of hex digits, a stream,
// what the strict reader makes of it, in one line. Requests and the end are separated by " | ":
//
//   METHOD TARGET HOST VERSION FRAMING CONTENT FLAGS FIELDS
//
// Texts in hex, "-" for none. FLAGS: e for an expected 100, w for a WebSocket, or "-". FIELDS:
// NAME=VALUE with commas between.

#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>

#include "tests/framing/stream_judgement.h"

namespace stile {
namespace {

std::string HexOf(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  for (const char c : bytes) {
    hex += kDigits[static_cast<unsigned char>(c) >> 4];
    hex += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return hex.empty() ? "-" : hex;
}

int DigitOf(char c) { return c <= '9' ? c - '0' : c - 'a' + 10; }

std::string BytesOf(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes += static_cast<char>(DigitOf(hex[i]) << 4 | DigitOf(hex[i + 1]));
  }
  return bytes;
}

std::string LineOf(const JudgedRequest& request) {
  std::string line;
  for (const std::string& text : {HexOf(request.method), HexOf(request.target), HexOf(request.host),
                                  request.version, request.framing, HexOf(request.content)}) {
    line += text + " ";
  }
  const std::string flags =
      std::string(request.expect_continue ? "e" : "") + (request.websocket ? "w" : "");
  line += flags.empty() ? "-" : flags;
  char before = ' ';
  for (const auto& [name, value] : request.fields) {
    line += before + HexOf(name) + "=" + HexOf(value);
    before = ',';
  }
  return line;
}

}  // namespace
}  // namespace stile

int main(int argc, char** argv) {
  if (argc != 5) {
    std::cerr << "usage: judge_streams MAX_HEAD MAX_TARGET MAX_FIELDS MAX_BODY\n";
    return 2;
  }
  const auto number = [&](int i) { return std::strtoull(argv[i], nullptr, 10); };
  const stile::HeadLimits limits{static_cast<std::uint32_t>(number(1)),
                                 static_cast<std::uint32_t>(number(2)),
                                 static_cast<std::uint32_t>(number(3)), number(4)};
  std::ios::sync_with_stdio(false);
  for (std::string hex; std::getline(std::cin, hex);) {
    const stile::StreamJudgement judgement = stile::JudgeStream(stile::BytesOf(hex), limits);
    for (const auto& request : judgement.requests) std::cout << stile::LineOf(request) << " | ";
    std::cout << judgement.end << '\n';
  }
  return 0;
}
