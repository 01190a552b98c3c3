#include "tests/drills/library/bad_candidates.h"

#include <random>

namespace stile::drills {
namespace {

// The rules once more under names of their own: nothing is wrong with it but that it is too much.
std::string DoubledRules(const std::string& good) {
  const std::string mark = "[[rule]]\nname = \"";
  std::string more = good.substr(good.find(mark));
  for (std::size_t at = 0; (at = more.find(mark, at)) != std::string::npos; at += mark.size()) {
    more.insert(at + mark.size(), "again-");
  }
  return good + more;
}

std::string Garbage() {
  std::mt19937 random(1);
  std::string bytes(64 << 10, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

}  // namespace

std::string Repeated(const std::string& text, std::size_t times) {
  std::string all;
  all.reserve(text.size() * times);
  for (std::size_t i = 0; i < times; ++i) all += text;
  return all;
}

std::vector<BadCandidate> Bombs(const std::string& good) {
  const std::string rule = good + "[[rule]]\nname = \"bomb\"\naction = \"deny\"\n";
  std::string alternations = "w0";
  for (int i = 1; i < 100'000; ++i) alternations += "|w" + std::to_string(i);
  return {
      {"regex-bomb", rule + "path_regex = ['^/abc(((((x{1,30}){1,30}){1,30}){1,30}){1,30})+$']\n"},
      {"alternations", rule + "path_regex = ['abc(" + alternations + ")']\n"},
      {"depth-10000-tables", rule + "any = " + Repeated("[ { not = { any = ", 5'000) + "[ ]" +
                                 Repeated(" } } ]", 5'000) + "\n"},
  };
}

std::vector<BadCandidate> BadCandidates(const std::string& good) {
  std::vector<BadCandidate> bad = {
      {"doubled-rules", DoubledRules(good)},
      {"doubled", good + good},
      {"truncated", good.substr(0, good.size() * 2 / 3)},
      {"empty", ""},
      {"depth-10000", "[[rule]]\nname = \"deep\"\npath = " + Repeated("[", 10'000) +
                          Repeated("]", 10'000) + "\n" + good},
      {"garbage", Garbage()},
      {"5MB", "name = \"" + std::string(std::size_t{5} << 20, 'x') + "\"\n" + good},
      {"100MB", "name = \"" + std::string(std::size_t{100} << 20, 'x')},
  };
  for (BadCandidate& bomb : Bombs(good)) bad.push_back(std::move(bomb));
  return bad;
}

}  // namespace stile::drills
