#include "tests/verifier/tables/table_file_fixture.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace stile {

TableFolder::TableFolder() {
  std::string name = testing::TempDir() + "stile-tables-XXXXXX";
  EXPECT_NE(::mkdtemp(name.data()), nullptr);
  path_ = name;
}

TableFolder::~TableFolder() {
  (void)Segment();
  for (const int segment : segments_) ::shmctl(segment, IPC_RMID, nullptr);
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string TableFolder::Path(std::string_view name) const {
  return path_ + "/" + std::string(name);
}

std::string TableFolder::Read() const {
  if (!std::filesystem::is_regular_file(table_file())) return "";
  std::ifstream file(table_file(), std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

void TableFolder::Write(std::string_view text) const {
  (void)Segment();  // Of what it named before.
  const int file = ::open(table_file().c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  EXPECT_GE(file, 0);
  EXPECT_EQ(::write(file, text.data(), text.size()), static_cast<ssize_t>(text.size()));
  ::close(file);
}

int TableFolder::Segment() const {
  int segment = -1;
  if (std::sscanf(Read().c_str(), "stile-tables 1 segment %d ", &segment) != 1) return -1;
  segments_.push_back(segment);
  return segment;
}

int TableFolder::UnusedSegments(std::size_t least, std::size_t most) {
  struct shm_info info {};
  const int last = ::shmctl(0, SHM_INFO, reinterpret_cast<struct shmid_ds*>(&info));
  int count = 0;
  for (int i = 0; i <= last; ++i) {
    struct shmid_ds status {};
    if (::shmctl(i, SHM_STAT, &status) < 0) continue;
    if (status.shm_perm.uid != ::geteuid() || status.shm_nattch != 0) continue;
    if (status.shm_segsz >= least && status.shm_segsz <= most) ++count;
  }
  return count;
}

}  // namespace stile
