#include "engine/config/file_path.h"

#include <algorithm>
#include <vector>

#include "challenge/concat.h"

namespace stile {

std::string PathUnder(std::string_view directory, std::string_view path) {
  if (path.empty() || path.front() == '/') return std::string(path);
  if (directory.empty() || directory == ".") return std::string(path);
  return Concat(directory, directory.ends_with('/') ? "" : "/", path);
}

std::string DirectoryOf(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return ".";
  return std::string(path.substr(0, slash == 0 ? 1 : slash));
}

std::string NormalPath(std::string_view path) {
  if (path.empty()) return "";
  const bool is_absolute = path.front() == '/';
  std::vector<std::string_view> parts;
  std::string_view part;
  for (std::size_t at = 0; at <= path.size(); at += part.size() + 1) {
    part = path.substr(at, std::min(path.find('/', at), path.size()) - at);
    if (part.empty() || part == ".") continue;
    if (part != "..") {
      parts.push_back(part);
    } else if (!parts.empty() && parts.back() != "..") {
      parts.pop_back();
    } else if (!is_absolute) {
      parts.push_back(part);
    }
  }
  std::string normal;
  for (const std::string_view one : parts) normal += Concat(normal.empty() ? "" : "/", one);
  const bool names_folder = part.empty() || part == "." || part == "..";
  if (names_folder && !parts.empty() && parts.back() != "..") normal += "/";
  if (is_absolute) return "/" + normal;
  return normal.empty() ? "." : normal;
}

}  // namespace stile
