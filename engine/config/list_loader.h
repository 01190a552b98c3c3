#ifndef STILE_ENGINE_CONFIG_LIST_LOADER_H_
#define STILE_ENGINE_CONFIG_LIST_LOADER_H_

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <tl/expected.hpp>

#include "challenge/error.h"
#include "verifier/policy/range_list.h"

namespace stile {

// Adds to errors of lists, whose places are the lists', which policy names them.
void AddNamedBy(std::string_view policy, Errors& errors);

// The lists of ranges that the policies of one configuration name, each read and parsed once,
// however many policies name it.
class ListLoader {
 public:
  static constexpr std::size_t kMaxLists = 1'024;
  static constexpr std::size_t kMaxTexts = std::size_t{128} << 20;  // Bytes of all lists together.

  // Returns the text of the list called `file`, of at most `limit` bytes: its size is checked
  // before it is read, and kOutOfRange says that there is more. An error needs no place.
  using TextOf =
      std::function<tl::expected<std::string, Error>(const std::string& file, std::size_t limit)>;

  // `directory` is where paths in the configuration are relative to.
  ListLoader(std::string directory, TextOf text_of)
      : directory_(std::move(directory)), text_of_(std::move(text_of)) {}

  // What ParsePolicyFile asks for the lists of the policy that the configuration calls `policy`:
  // their paths are relative to it. Borrows the loader. What is wrong with a list is said once.
  [[nodiscard]] RangeListSource SourceFor(std::string_view policy);

  // What was read: each file as the configuration would name it, in the order of the policies.
  struct Text {
    std::string file;
    std::string text;
  };
  [[nodiscard]] std::vector<Text> TakeTexts() { return std::move(texts_); }
  // And the lists that it made, in the same order and called the same.
  [[nodiscard]] std::vector<std::shared_ptr<const RangeList>> lists() const { return lists_; }

 private:
  using List = tl::expected<std::shared_ptr<const RangeList>, Errors>;
  [[nodiscard]] List Load(const std::string& file);

  std::string directory_;
  TextOf text_of_;
  std::map<std::string, std::shared_ptr<const RangeList>> known_;  // Null: it is wrong.
  std::vector<Text> texts_;
  std::vector<std::shared_ptr<const RangeList>> lists_;
  std::size_t total_ = 0;
};

}  // namespace stile

#endif  // STILE_ENGINE_CONFIG_LIST_LOADER_H_
