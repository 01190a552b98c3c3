#include "engine/config/list_loader.h"

#include <algorithm>

#include "challenge/concat.h"
#include "engine/config/file_path.h"

namespace stile {

void AddNamedBy(std::string_view policy, Errors& errors) {
  for (Error& error : errors) error.message += Concat(" (named by ", policy, ")");
}

RangeListSource ListLoader::SourceFor(std::string_view policy) {
  return [this, folder = DirectoryOf(policy),
          named_by = PathUnder(directory_, policy)](const std::string& name) -> List {
    const std::string file = NormalPath(PathUnder(folder, name));
    const auto [known, is_new] = known_.try_emplace(file);
    if (!is_new) {
      if (known->second == nullptr) return tl::unexpected(Errors{});
      return known->second;
    }
    List list = Load(file);
    if (list) {
      known->second = *list;
    } else {
      AddNamedBy(named_by, list.error());
    }
    return list;
  };
}

ListLoader::List ListLoader::Load(const std::string& file) {
  const std::string path = PathUnder(directory_, file);
  const auto refuse = [&path](ErrorCode code, std::string message) {
    return tl::unexpected(Errors{Error{code, path, std::move(message)}});
  };
  if (known_.size() > kMaxLists) {
    return refuse(ErrorCode::kOutOfRange,
                  Concat("with it the policies name more than ", kMaxLists, " lists"));
  }
  const std::size_t left = kMaxTexts - total_;
  tl::expected<std::string, Error> text = text_of_(file, std::min(left, RangeList::kMaxBytes));
  if (!text) {
    if (text.error().code == ErrorCode::kOutOfRange && left < RangeList::kMaxBytes) {
      return refuse(ErrorCode::kOutOfRange,
                    Concat("with it the lists have more than ", kMaxTexts, " bytes together"));
    }
    return refuse(text.error().code, Concat("list: ", text.error().message));
  }
  total_ += text->size();
  auto parsed = ParseRangeList(*text, path);
  if (!parsed) return tl::unexpected(std::move(parsed.error()));
  parsed->name = file;
  lists_.push_back(std::make_shared<const RangeList>(*std::move(parsed)));
  texts_.push_back({file, *std::move(text)});
  return lists_.back();
}

}  // namespace stile
