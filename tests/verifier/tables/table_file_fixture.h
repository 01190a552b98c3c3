#ifndef STILE_TESTS_VERIFIER_TABLES_TABLE_FILE_FIXTURE_H_
#define STILE_TESTS_VERIFIER_TABLES_TABLE_FILE_FIXTURE_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace stile {

// A folder of a test's own with a table file in it. What it holds, and every segment of shared
// memory that the file ever named while this object looked, is gone when it ends.
class TableFolder {
 public:
  TableFolder();
  ~TableFolder();
  TableFolder(const TableFolder&) = delete;
  TableFolder& operator=(const TableFolder&) = delete;

  [[nodiscard]] std::string Path(std::string_view name) const;
  [[nodiscard]] std::string table_file() const { return Path("tables"); }

  [[nodiscard]] std::string Read() const;
  void Write(std::string_view text) const;  // In place, mode 0600.

  // The segment that the file names; -1 if it names none.
  [[nodiscard]] int Segment() const;
  // How many segments of `least` to `most` bytes belong to this user and have nobody who is
  // attached. Tests run side by side: let the sizes be this one's own.
  [[nodiscard]] static int UnusedSegments(std::size_t least, std::size_t most);

 private:
  std::string path_;
  mutable std::vector<int> segments_;
};

}  // namespace stile

#endif  // STILE_TESTS_VERIFIER_TABLES_TABLE_FILE_FIXTURE_H_
