#include "verifier/policy/text/named_lists.h"

#include <cstddef>
#include <utility>

#include "verifier/policy/mistake/source_mistake.h"

namespace stile {
namespace {

constexpr std::size_t kMaxFileName = 1024;

}  // namespace

std::vector<std::shared_ptr<const RangeList>> NamedLists::Read(
    const std::vector<PlacedText>& names) {
  std::vector<std::shared_ptr<const RangeList>> lists;
  for (const PlacedText& name : names) {
    const auto known = read_.find(name.text);
    auto list = known != read_.end() ? known->second : read_[name.text] = ReadNew(name);
    if (list != nullptr) lists.push_back(std::move(list));
  }
  return lists;
}

std::shared_ptr<const RangeList> NamedLists::ReadNew(const PlacedText& name) {
  if (auto mistake = WrongLength("the name of the list", name.text, kMaxFileName)) {
    errors_.Add(name.place, mistake->code, std::move(mistake->message));
    return nullptr;
  }
  if (Printable(name.text) != name.text) {
    errors_.Add(name.place, "the name of the list has control characters: write it without");
    return nullptr;
  }
  if (!source_) {
    errors_.Add(name.place, ErrorCode::kFailedPrecondition,
                "no list can be read from here: write its ranges as ip = [\"...\"]");
    return nullptr;
  }
  auto list = source_(name.text);
  if (!list) {
    for (Error& error : list.error()) errors_.Add(name.place, std::move(error));
    return nullptr;
  }
  if (auto mistake = tally_.AddList(*list)) {
    errors_.Add(name.place, mistake->code, std::move(mistake->message));
    return nullptr;
  }
  return *std::move(list);
}

}  // namespace stile
