#include "engine/config/file_path.h"

#include <filesystem>
#include <string>

#include <gtest/gtest.h>

namespace stile {
namespace {

TEST(FilePath, RelativePathsAreUnderTheDirectory) {
  EXPECT_EQ(PathUnder("/etc/stile", "policy.toml"), "/etc/stile/policy.toml");
  EXPECT_EQ(PathUnder("/", "policy.toml"), "/policy.toml");
  EXPECT_EQ(PathUnder(".", "lists/a.txt"), "lists/a.txt");
}

TEST(FilePath, AbsoluteAndEmptyPathsStay) {
  EXPECT_EQ(PathUnder("/etc/stile", "/srv/policy.toml"), "/srv/policy.toml");
  EXPECT_EQ(PathUnder("/etc/stile", ""), "");
}

TEST(FilePath, DirectoryIsWhatStandsBeforeTheLastSlash) {
  EXPECT_EQ(DirectoryOf("/etc/stile/stile.toml"), "/etc/stile");
  EXPECT_EQ(DirectoryOf("/stile.toml"), "/");
  EXPECT_EQ(DirectoryOf("stile.toml"), ".");
}

TEST(FilePath, NormalPathsAreTheStandardLibrarys) {
  // Every text of up to eight of these.
  constexpr std::string_view kLetters = "a./";
  std::string path;
  std::size_t compared = 0;
  const auto compare = [&](const auto& self) -> void {
    const std::string normal = std::filesystem::path(path).lexically_normal().string();
    // It leaves slashes alone as they are.
    const bool is_root = !path.empty() && path.find_first_not_of('/') == std::string::npos;
    EXPECT_EQ(NormalPath(path), is_root ? "/" : normal) << path;
    ++compared;
    if (path.size() == 8) return;
    for (const char letter : kLetters) {
      path.push_back(letter);
      self(self);
      path.pop_back();
    }
  };
  compare(compare);
  EXPECT_EQ(compared, 9'841U);
}

}  // namespace
}  // namespace stile
