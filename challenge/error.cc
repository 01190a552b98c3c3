#include "challenge/error.h"

#include <algorithm>

namespace stile {

std::string Printable(std::string text) {
  const auto is_control = [](unsigned char c) { return c < 0x20 || c == 0x7F; };
  std::replace_if(text.begin(), text.end(), is_control, '?');
  return text;
}

std::string ToString(const Error& error) {
  if (error.place.empty()) return error.message;
  return error.place + ": " + error.message;
}

std::string ToString(const Errors& errors) {
  std::string text;
  for (const Error& error : errors) {
    if (!text.empty()) text += '\n';
    text += ToString(error);
  }
  return text;
}

}  // namespace stile
