#ifndef STILE_TOOL_ANUBIS_IMPORT_NOTES_H_
#define STILE_TOOL_ANUBIS_IMPORT_NOTES_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "verifier/policy/file_place.h"

namespace stile {

// What there is to say about an import, in the order in which it was met.
class ImportNotes {
 public:
  enum class Kind { kLost, kChanged };
  struct Note {
    Kind kind = Kind::kLost;
    std::string place;    // file:line:column
    std::string message;  // One sentence.
  };

  // Something has not been converted.
  void Lose(std::string_view file, FilePlace place, std::string message) {
    Add(Kind::kLost, file, place, std::move(message));
  }
  // Something means another thing now than it did.
  void Change(std::string_view file, FilePlace place, std::string message) {
    Add(Kind::kChanged, file, place, std::move(message));
  }

  [[nodiscard]] const std::vector<Note>& all() const noexcept { return notes_; }
  [[nodiscard]] std::size_t lost() const noexcept { return lost_; }

 private:
  void Add(Kind kind, std::string_view file, FilePlace place, std::string message) {
    lost_ += kind == Kind::kLost ? 1 : 0;
    notes_.push_back(
        {kind,
         std::string(file) + ":" + std::to_string(place.line) + ":" + std::to_string(place.column),
         std::move(message)});
  }

  std::vector<Note> notes_;
  std::size_t lost_ = 0;
};

}  // namespace stile

#endif  // STILE_TOOL_ANUBIS_IMPORT_NOTES_H_
