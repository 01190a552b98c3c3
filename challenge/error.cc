#include "challenge/error.h"

namespace stile {

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
