#include "tool/log_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>

#include <cstdio>
#include <string>
#include <vector>

#include "tool/log_line.h"

namespace stile {
namespace {

using testing::ElementsAre;

class LogFileTest : public testing::Test {
 protected:
  ~LogFileTest() override { std::remove(path_.c_str()); }

  void Write(const std::string& text) {
    std::FILE* file = std::fopen(path_.c_str(), "wb");
    ASSERT_NE(file, nullptr);
    std::fwrite(text.data(), 1, text.size(), file);
    std::fclose(file);
  }
  void WritePacked(const std::string& text) {
    gzFile file = gzopen(path_.c_str(), "wb");
    ASSERT_NE(file, nullptr);
    gzwrite(file, text.data(), static_cast<unsigned>(text.size()));
    gzclose(file);
  }
  std::vector<std::string> Lines() {
    absl::StatusOr<LogFile> file = LogFile::Open(path_);
    EXPECT_TRUE(file.ok());
    std::vector<std::string> lines;
    std::string_view line;
    while (file.ok() && file->Next(line)) lines.emplace_back(line);
    if (file.ok()) status_ = file->status();
    return lines;
  }

  std::string path_ = testing::TempDir() + "stile-log-" + std::to_string(getpid());
  absl::Status status_;
};

TEST_F(LogFileTest, LinesComeInOrderAndTheLastNeedsNoBreak) {
  Write("a\n\nbc\nd");
  EXPECT_THAT(Lines(), ElementsAre("a", "", "bc", "d"));
  EXPECT_TRUE(status_.ok());
}

TEST_F(LogFileTest, FileThatIsNotThereIsSaidToBeOnce) {
  EXPECT_EQ(LogFile::Open(path_).status().message(), "No such file or directory");
}

TEST_F(LogFileTest, EmptyFileHasNoLine) {
  Write("");
  EXPECT_THAT(Lines(), ElementsAre());
}

TEST_F(LogFileTest, PackedFileIsUnpacked) {
  WritePacked("a\nb\n");
  EXPECT_THAT(Lines(), ElementsAre("a", "b"));
}

TEST_F(LogFileTest, LinesAcrossPiecesStayWhole) {
  std::string text;
  std::vector<std::string> wanted;
  for (int i = 0; i < 60'000; ++i) {
    wanted.push_back("line " + std::to_string(i) + " " + std::string(i % 97, 'x'));
    text += wanted.back() + "\n";
  }
  ASSERT_GT(text.size(), std::size_t{2} << 20);
  Write(text);
  EXPECT_EQ(Lines(), wanted);
}

TEST_F(LogFileTest, OverlongLineIsCutAndTheNextIsWhole) {
  Write("a\n" + std::string(3 << 20, 'x') + "\nb\n" + std::string(LogText::kMaxLine, 'y') + "\n");
  const std::vector<std::string> lines = Lines();
  ASSERT_EQ(lines.size(), 4U);
  EXPECT_EQ(lines[1].size(), LogText::kMaxLine + 1);
  EXPECT_EQ(lines[2], "b");
  EXPECT_EQ(lines[3].size(), LogText::kMaxLine);
}

TEST_F(LogFileTest, DamagedPackingIsAnError) {
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += std::to_string(i * 7919) + "\n";
  WritePacked(text);
  ASSERT_EQ(truncate(path_.c_str(), 100'000), 0);
  EXPECT_FALSE(Lines().empty());
  EXPECT_FALSE(status_.ok());
}

TEST_F(LogFileTest, MissingFileAndFolderAreRefused) {
  EXPECT_FALSE(LogFile::Open(path_ + "-none").ok());
  EXPECT_FALSE(LogFile::Open(testing::TempDir()).ok());
}

}  // namespace
}  // namespace stile
