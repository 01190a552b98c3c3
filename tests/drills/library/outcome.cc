#include "tests/drills/library/outcome.h"

#include <algorithm>
#include <cstdio>

namespace stile::drills {
namespace {

std::string Quoted(const std::string& text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    if (static_cast<unsigned char>(c) < 0x20) {
      quoted += ' ';
    } else {
      quoted += c;
    }
  }
  return quoted + "\"";
}

}  // namespace

void Outcome::Figure(const std::string& name, std::string value) {
  const auto known = std::find_if(figures_.begin(), figures_.end(),
                                  [&](const auto& figure) { return figure.first == name; });
  if (known == figures_.end()) {
    figures_.emplace_back(name, std::move(value));
  } else {
    known->second = std::move(value);
  }
}

void Outcome::Breach(const std::string& invariant, std::string what) {
  broken_[invariant].push_back(std::move(what));
}

bool Outcome::Require(bool holds, const std::string& invariant, std::string what) {
  if (!holds) Breach(invariant, std::move(what));
  return holds;
}

std::string Outcome::Json() const {
  std::string json = "{\"figures\": {";
  for (const auto& [name, value] : figures_) {
    if (json.back() != '{') json += ", ";
    json += Quoted(name) + ": " + Quoted(value);
  }
  json += "}, \"broken\": {";
  for (const auto& [invariant, texts] : broken_) {
    if (json.back() != '{') json += ", ";
    json += Quoted(invariant) + ": [";
    for (const std::string& text : texts) {
      if (json.back() != '[') json += ", ";
      json += Quoted(text);
    }
    json += "]";
  }
  return json + "}}";
}

}  // namespace stile::drills
