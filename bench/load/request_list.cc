#include "bench/load/request_list.h"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>

namespace stile::bench {
namespace {

constexpr std::string_view kPlace = "@VALUE@";

}  // namespace

RequestList::RequestList(std::string_view request, const std::vector<std::string>& values) {
  if (request.empty()) EndRun("the request is empty");
  const std::size_t place = request.find(kPlace);
  if ((place == std::string_view::npos) != values.empty()) {
    EndRun("--values and @VALUE@ in the request go together");
  }
  if (values.empty()) requests_.emplace_back(request);
  for (const std::string& value : values) {
    std::string one(request);
    one.replace(place, kPlace.size(), value);
    requests_.push_back(std::move(one));
  }
}

std::string ReadWhole(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) EndRun("cannot read " + path);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::string> ReadLines(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) EndRun("cannot read " + path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) {
    if (!line.empty()) lines.push_back(line);
  }
  if (lines.empty()) EndRun("nothing is in " + path);
  return lines;
}

void EndRun(const std::string& why) {
  std::fprintf(stderr, "stile_load: %s\n", why.c_str());
  std::exit(1);
}

}  // namespace stile::bench
