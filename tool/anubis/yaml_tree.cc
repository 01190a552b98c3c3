#include "tool/anubis/yaml_tree.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <sstream>
#include <utility>

#include "challenge/concat.h"

namespace stile {
namespace {

constexpr std::size_t kMaxDepth = 32;
constexpr std::size_t kMaxNodes = 200'000;

FilePlace PlaceAt(const YAML::Mark& mark) {
  return {static_cast<std::uint32_t>(mark.line + 1), static_cast<std::uint32_t>(mark.column + 1)};
}

// Makes a tree of what the parser meets. The parser can only be stopped by an exception: its own.
class TreeBuilder : public YAML::EventHandler {
 public:
  void OnDocumentStart(const YAML::Mark& /*mark*/) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override {
    Put(mark, {YamlKind::kNull, PlaceAt(mark), {}, {}, {}});
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override {
    throw YAML::ParserException(mark, "an alias is not read: write its value out");
  }
  void OnScalar(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t /*anchor*/,
                const std::string& value) override {
    Put(mark, {YamlKind::kScalar, PlaceAt(mark), value, {}, {}});
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& /*tag*/,
                       YAML::anchor_t /*anchor*/, YAML::EmitterStyle::value /*style*/) override {
    Open(mark, YamlKind::kList);
  }
  void OnSequenceEnd() override { Close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t /*anchor*/,
                  YAML::EmitterStyle::value /*style*/) override {
    Open(mark, YamlKind::kMap);
  }
  void OnMapEnd() override { Close(); }

  [[nodiscard]] bool is_too_much() const noexcept { return is_too_much_; }
  YamlNode Take() { return std::move(root_); }

 private:
  // An open list or map, and the key that waits for its value.
  struct OpenNode {
    YamlNode node;
    bool has_key = false;
    std::string key;
    FilePlace key_place;
  };

  void Count(const YAML::Mark& mark) {
    if (++nodes_ <= kMaxNodes) return;
    is_too_much_ = true;
    throw YAML::ParserException(mark, "there are more than 200000 values");
  }

  void Open(const YAML::Mark& mark, YamlKind kind) {
    Count(mark);
    if (open_.size() == kMaxDepth) {
      is_too_much_ = true;
      throw YAML::ParserException(mark, "values are nested more than 32 deep");
    }
    if (!open_.empty() && open_.back().node.kind == YamlKind::kMap && !open_.back().has_key) {
      throw YAML::ParserException(mark, "a key must be a text: is a bracket left open?");
    }
    open_.push_back({{kind, PlaceAt(mark), {}, {}, {}}, false, {}, {}});
  }

  void Close() {
    YamlNode node = std::move(open_.back().node);
    open_.pop_back();
    Attach(std::move(node));
  }

  void Put(const YAML::Mark& mark, YamlNode node) {
    Count(mark);
    if (open_.empty() || open_.back().node.kind != YamlKind::kMap || open_.back().has_key) {
      return Attach(std::move(node));
    }
    OpenNode& map = open_.back();
    if (map.node.Find(node.text) != nullptr) {
      throw YAML::ParserException(mark, "the key stands twice in one map");
    }
    map.has_key = true;
    map.key = std::move(node.text);
    map.key_place = node.place;
  }

  void Attach(YamlNode node) {
    if (open_.empty()) {
      root_ = std::move(node);
    } else if (open_.back().node.kind == YamlKind::kList) {
      open_.back().node.items.push_back(std::move(node));
    } else {
      OpenNode& map = open_.back();
      map.node.members.push_back({std::move(map.key), map.key_place, std::move(node)});
      map.has_key = false;
    }
  }

  YamlNode root_;
  std::vector<OpenNode> open_;
  std::size_t nodes_ = 0;
  bool is_too_much_ = false;
};

std::string PlaceText(std::string_view name, const FilePlace& place) {
  return Concat(name, ":", place.line, ":", place.column);
}

}  // namespace

const YamlNode* YamlNode::Find(std::string_view name) const noexcept {
  for (const YamlMember& member : members) {
    if (member.name == name) return &member.value;
  }
  return nullptr;
}

std::string_view YamlNode::TextOf(std::string_view name) const noexcept {
  const YamlNode* const node = Find(name);
  return node != nullptr && node->kind == YamlKind::kScalar ? std::string_view(node->text)
                                                            : std::string_view();
}

tl::expected<YamlNode, Error> ParseYaml(std::string_view text, std::string_view name) {
  if (text.size() > kMaxYaml) {
    return tl::unexpected(Error{ErrorCode::kOutOfRange, std::string(name),
                                Concat("it has more than ", kMaxYaml, " bytes")});
  }
  TreeBuilder builder;
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    if (!parser.HandleNextDocument(builder)) {
      return tl::unexpected(
          Error{ErrorCode::kInvalidArgument, std::string(name), "there is nothing in it"});
    }
    YamlNode tree = builder.Take();
    if (parser.HandleNextDocument(builder)) {
      return tl::unexpected(Error{ErrorCode::kInvalidArgument, std::string(name),
                                  "it has more than one document: split it"});
    }
    return tree;
  } catch (const YAML::Exception& error) {
    const ErrorCode code =
        builder.is_too_much() ? ErrorCode::kOutOfRange : ErrorCode::kInvalidArgument;
    return tl::unexpected(Error{code, PlaceText(name, PlaceAt(error.mark)), Printable(error.msg)});
  }
}

}  // namespace stile
