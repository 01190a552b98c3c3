#include "tests/framing/framing_case.h"

#include <charconv>
#include <fstream>
#include <stdexcept>

namespace stile {
namespace {

constexpr std::string_view kHidden = "GET /open/hidden HTTP/1.1\r\nHost: a\r\n\r\n";

std::string Unescaped(std::string_view text) {
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      bytes += text[i];
      continue;
    }
    if (++i == text.size()) throw std::runtime_error("a backslash at the end");
    switch (text[i]) {
      case 'r':
        bytes += '\r';
        break;
      case 'n':
        bytes += '\n';
        break;
      case 't':
        bytes += '\t';
        break;
      case '0':
        bytes += '\0';
        break;
      case '\\':
        bytes += '\\';
        break;
      case 'x': {
        unsigned value = 0;
        const std::string_view digits = text.substr(i + 1, 2);
        const auto [end, error] =
            std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
        if (error != std::errc() || end != digits.data() + 2) {
          throw std::runtime_error("\\x without two digits");
        }
        bytes += static_cast<char>(value);
        i += 2;
        break;
      }
      default:
        throw std::runtime_error("an escape that nobody knows");
    }
  }
  return bytes;
}

// Adds what a line of a stream says.
void Add(std::string_view key, std::string_view value, FramingCase& stream) {
  if (key == "send") {
    stream.bytes += Unescaped(value);
  } else if (key == "repeat") {
    const std::size_t space = value.find(' ');
    if (space == std::string_view::npos) throw std::runtime_error("repeat: without bytes");
    const std::string piece = Unescaped(value.substr(space + 1));
    for (int left = std::stoi(std::string(value.substr(0, space))); left > 0; --left) {
      stream.bytes += piece;
    }
  } else if (key == "hidden") {
    stream.bytes += kHidden;
  } else if (key == "request") {
    stream.requests.push_back(Unescaped(value));
  } else if (key == "end") {
    stream.end = value;
  } else if (key != "kept" && key != "lost" && key != "lost-here" && key != "nginx" &&
             key != "haproxy") {
    throw std::runtime_error("a key that nobody knows");
  }
}

void AddLine(const std::string& line, std::vector<FramingCase>& streams) {
  const std::size_t colon = line.find(':');
  if (colon == std::string::npos) throw std::runtime_error("no key");
  const std::string_view key = std::string_view(line).substr(0, colon);
  std::string_view value = std::string_view(line).substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  if (key == "stream") {
    streams.emplace_back().name = value;
  } else if (streams.empty()) {
    throw std::runtime_error("no stream is begun");
  } else {
    Add(key, value, streams.back());
  }
}

}  // namespace

std::vector<FramingCase> ReadFramingCases(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("can't read " + path);
  std::vector<FramingCase> streams;
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    if (line.empty() || line.starts_with('#')) continue;
    try {
      AddLine(line, streams);
    } catch (const std::exception& error) {
      throw std::runtime_error(path + ":" + std::to_string(number) + ": " + error.what());
    }
  }
  return streams;
}

}  // namespace stile
