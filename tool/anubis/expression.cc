#include "tool/anubis/expression.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "challenge/concat.h"
#include "challenge/ip_address.h"
#include "tool/anubis/regex_texts.h"

namespace stile {
namespace {

constexpr std::size_t kMaxDepth = 16;

enum class TokenKind : std::uint8_t { kEnd, kName, kText, kNumber, kSign };

struct ExpressionToken {
  TokenKind kind = TokenKind::kEnd;
  std::string text;  // Of kText without quotes, decoded.
  std::size_t offset = 0;
};

bool IsNameByte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

using Fault = ExpressionFault;
using Result = tl::expected<Condition, Fault>;

// Cuts an expression into tokens.
class ExpressionLexer {
 public:
  explicit ExpressionLexer(std::string_view text) : text_(text) {}

  tl::expected<std::vector<ExpressionToken>, Fault> Read() {
    std::vector<ExpressionToken> tokens;
    while (true) {
      while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != text_.npos) {
        ++at_;
      }
      ExpressionToken token;
      token.offset = at_;
      if (at_ < text_.size() && !ReadToken(token)) {
        return tl::unexpected(Fault{token.offset, "this is no expression that is understood"});
      }
      tokens.push_back(token);
      if (token.kind == TokenKind::kEnd) return tokens;
    }
  }

 private:
  bool ReadToken(ExpressionToken& token) {
    const char c = text_[at_];
    const bool is_raw = (c == 'r' || c == 'R') && at_ + 1 < text_.size() &&
                        (text_[at_ + 1] == '"' || text_[at_ + 1] == '\'');
    if (is_raw) ++at_;
    if (is_raw || c == '"' || c == '\'') return ReadText(token, is_raw);
    if (IsNameByte(c)) {
      const std::size_t begin = at_;
      const bool is_number = c >= '0' && c <= '9';
      while (at_ < text_.size() && (IsNameByte(text_[at_]) || (is_number && text_[at_] == '.'))) {
        ++at_;
      }
      token.kind = is_number ? TokenKind::kNumber : TokenKind::kName;
      token.text = text_.substr(begin, at_ - begin);
      return true;
    }
    token.kind = TokenKind::kSign;
    for (const std::string_view sign : {"&&", "||", "==", "!=", "<=", ">="}) {
      if (!text_.substr(at_).starts_with(sign)) continue;
      token.text = sign;
      at_ += 2;
      return true;
    }
    if (std::string_view("!()[].,<>+-*/%?:").find(c) == std::string_view::npos) return false;
    token.text = std::string(1, c);
    ++at_;
    return true;
  }

  bool ReadText(ExpressionToken& token, bool is_raw) {
    const char quote = text_[at_];
    if (text_.substr(at_).starts_with(std::string(3, quote))) return false;
    token.kind = TokenKind::kText;
    for (++at_; at_ < text_.size() && text_[at_] != quote; ++at_) {
      char c = text_[at_];
      if (c == '\\' && !is_raw) {
        if (++at_ == text_.size()) return false;
        static constexpr std::string_view kFrom = "\\\"'`?ntr";
        static constexpr std::string_view kTo = "\\\"'`?\n\t\r";
        const std::size_t known = kFrom.find(text_[at_]);
        if (known == std::string_view::npos) return false;
        c = kTo[known];
      }
      token.text += c;
    }
    if (at_ == text_.size()) return false;
    ++at_;
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

// What is compared with texts: a fact about the request.
struct Operand {
  std::string name;   // method, host, path, userAgent, remoteAddress, headers, query
  std::string field;  // Of headers and query.
  std::size_t offset = 0;
};

enum class Comparison : std::uint8_t { kEquals, kContains, kBegins, kEnds, kMatches };

std::string RegexFor(Comparison comparison, const std::string& text) {
  switch (comparison) {
    case Comparison::kEquals:
      return "^" + QuotedRegex(text) + "$";
    case Comparison::kContains:
      return QuotedRegex(text);
    case Comparison::kBegins:
      return "^" + QuotedRegex(text);
    case Comparison::kEnds:
      return QuotedRegex(text) + "$";
    case Comparison::kMatches:
      return text;
  }
  return text;
}

// Reads tokens and builds the condition.
class ExpressionReader {
 public:
  explicit ExpressionReader(std::vector<ExpressionToken> tokens) : tokens_(std::move(tokens)) {}

  tl::expected<ConvertedExpression, Fault> Read() {
    Result condition = ReadOr(0);
    if (!condition) return tl::unexpected(condition.error());
    if (Peek().kind != TokenKind::kEnd) return tl::unexpected(Unknown());
    return ConvertedExpression{*std::move(condition), std::move(changes_)};
  }

 private:
  [[nodiscard]] const ExpressionToken& Peek(std::size_t ahead = 0) const {
    return tokens_[std::min(at_ + ahead, tokens_.size() - 1)];
  }
  [[nodiscard]] bool IsSign(std::string_view sign, std::size_t ahead = 0) const {
    return Peek(ahead).kind == TokenKind::kSign && Peek(ahead).text == sign;
  }
  [[nodiscard]] bool IsName(std::string_view name) const {
    return Peek().kind == TokenKind::kName && Peek().text == name;
  }
  bool Take(std::string_view sign) {
    if (!IsSign(sign)) return false;
    ++at_;
    return true;
  }
  [[nodiscard]] Fault Unknown() const {
    const ExpressionToken& token = Peek();
    if (token.kind == TokenKind::kName && token.text == "verifyFCrDNS") {
      return {token.offset, "define an agent with reverse_dns, and name it in a rule"};
    }
    return {token.offset, token.kind == TokenKind::kEnd
                              ? std::string("the expression is not complete")
                              : Concat("no matcher does what \"", token.text, "\" does here")};
  }

  Result ReadOr(std::size_t depth) {
    if (depth > kMaxDepth) return tl::unexpected(Fault{Peek().offset, "it nests too deep"});
    std::vector<Condition> parts;
    do {
      Result part = ReadAnd(depth);
      if (!part) return part;
      parts.push_back(*std::move(part));
    } while (Take("||"));
    return parts.size() == 1 ? std::move(parts.front()) : Condition::Any(std::move(parts));
  }

  Result ReadAnd(std::size_t depth) {
    std::vector<Condition> parts;
    do {
      Result part = ReadNot(depth);
      if (!part) return part;
      parts.push_back(*std::move(part));
    } while (Take("&&"));
    return parts.size() == 1 ? std::move(parts.front()) : Condition::All(std::move(parts));
  }

  Result ReadNot(std::size_t depth) {
    std::size_t negations = 0;
    while (Take("!")) ++negations;
    Result part = Take("(") ? ReadGroup(depth) : ReadComparison();
    if (!part || negations % 2 == 0) return part;
    return Condition::Not(*std::move(part));
  }

  Result ReadGroup(std::size_t depth) {
    Result inside = ReadOr(depth + 1);
    if (inside && !Take(")")) return tl::unexpected(Unknown());
    return inside;
  }

  Result ReadComparison() {
    if (Peek().kind == TokenKind::kText) return ReadTextFirst();
    if (IsName("missingHeader")) return ReadMissingHeader();
    const auto operand = ReadOperand();
    if (!operand) return tl::unexpected(operand.error());
    if (Take("==")) return ReadEquals(*operand, false);
    if (Take("!=")) return ReadEquals(*operand, true);
    if (IsName("in")) return ++at_, ReadIn(*operand);
    if (IsSign(".") && Peek(1).kind == TokenKind::kName && IsSign("(", 2)) {
      return ReadCall(*operand);
    }
    return tl::unexpected(Unknown());
  }

  // "X" in headers, or a text before ==.
  Result ReadTextFirst() {
    const ExpressionToken text = Peek();
    ++at_;
    if (IsName("in")) {
      ++at_;
      const bool is_headers = IsName("headers");
      if (!is_headers && !IsName("query")) return tl::unexpected(Unknown());
      ++at_;
      return Field(is_headers ? "header" : "query", text, "present", {});
    }
    const bool negated = IsSign("!=");
    if (!Take("==") && !Take("!=")) return tl::unexpected(Unknown());
    const auto operand = ReadOperand();
    if (!operand) return tl::unexpected(operand.error());
    return Compare(*operand, Comparison::kEquals, text, negated);
  }

  Result ReadMissingHeader() {
    ++at_;
    if (!Take("(") || !IsName("headers")) return tl::unexpected(Unknown());
    ++at_;
    if (!Take(",") || Peek().kind != TokenKind::kText) return tl::unexpected(Unknown());
    const ExpressionToken text = Peek();
    ++at_;
    if (!Take(")")) return tl::unexpected(Unknown());
    return Field("header", text, "absent", {});
  }

  tl::expected<Operand, Fault> ReadOperand() {
    static constexpr std::string_view kPlain[] = {"method", "host", "path", "userAgent",
                                                  "remoteAddress"};
    if (Peek().kind != TokenKind::kName) return tl::unexpected(Unknown());
    Operand operand{Peek().text, {}, Peek().offset};
    const bool is_map = operand.name == "headers" || operand.name == "query";
    if (!is_map &&
        std::find(std::begin(kPlain), std::end(kPlain), operand.name) == std::end(kPlain)) {
      return tl::unexpected(Unknown());
    }
    ++at_;
    if (!is_map) return operand;
    if (!Take("[") || Peek().kind != TokenKind::kText) return tl::unexpected(Unknown());
    operand.field = Peek().text;
    ++at_;
    if (!Take("]")) return tl::unexpected(Unknown());
    return operand;
  }

  Result ReadEquals(const Operand& operand, bool negated) {
    if (Peek().kind != TokenKind::kText) return tl::unexpected(Unknown());
    const ExpressionToken text = Peek();
    ++at_;
    return Compare(operand, Comparison::kEquals, text, negated);
  }

  Result ReadIn(const Operand& operand) {
    if (!Take("[")) return tl::unexpected(Unknown());
    std::vector<Condition> parts;
    do {
      if (Peek().kind != TokenKind::kText) return tl::unexpected(Unknown());
      const ExpressionToken text = Peek();
      ++at_;
      Result part = Compare(operand, Comparison::kEquals, text, false);
      if (!part) return part;
      parts.push_back(*std::move(part));
    } while (Take(","));
    if (!Take("]")) return tl::unexpected(Unknown());
    return Condition::Any(std::move(parts));
  }

  Result ReadCall(const Operand& operand) {
    ++at_;
    const std::string& method = Peek().text;
    std::optional<Comparison> comparison;
    if (method == "contains") comparison = Comparison::kContains;
    if (method == "startsWith") comparison = Comparison::kBegins;
    if (method == "endsWith") comparison = Comparison::kEnds;
    if (method == "matches") comparison = Comparison::kMatches;
    if (!comparison) return tl::unexpected(Unknown());
    at_ += 2;
    if (Peek().kind != TokenKind::kText) return tl::unexpected(Unknown());
    const ExpressionToken text = Peek();
    ++at_;
    if (!Take(")")) return tl::unexpected(Unknown());
    return Compare(operand, *comparison, text, false);
  }

  Result Field(std::string_view key, const ExpressionToken& name, std::string_view question,
               const std::vector<std::string>& texts) {
    if (!IsWritable(name.text) || name.text.empty()) {
      return tl::unexpected(Fault{name.offset, "this is no name that a policy file can hold"});
    }
    return Condition::Field(key, name.text, question, texts);
  }

  Result Compare(const Operand& operand, Comparison comparison, const ExpressionToken& token,
                 bool negated) {
    if (!IsWritable(token.text) || !IsWritable(operand.field)) {
      return tl::unexpected(Fault{token.offset, "this is no text that a policy file can hold"});
    }
    Result condition = Matcher(operand, comparison, token);
    if (!condition || !negated) return condition;
    return Condition::Not(*std::move(condition));
  }

  Result Matcher(const Operand& operand, Comparison comparison, const ExpressionToken& token) {
    const std::string& text = token.text;
    const bool is_field = operand.name == "headers" || operand.name == "query";
    if (text.empty() && comparison == Comparison::kEquals) return EmptyText(operand, token);
    if (text.empty()) {
      return tl::unexpected(Fault{token.offset, "an empty text is in everything"});
    }
    if (operand.name == "userAgent") return UserAgentCondition(RegexFor(comparison, text));
    if (operand.name == "path") return PathCondition(RegexFor(comparison, text));
    if (is_field) {
      return FieldCondition(operand.name == "headers" ? "header" : "query", operand.field,
                            RegexFor(comparison, text));
    }
    if (operand.name == "method" && comparison == Comparison::kEquals) {
      return Condition::Texts("method", {text});
    }
    if (operand.name == "host") return HostMatcher(comparison, token);
    if (operand.name == "remoteAddress" && comparison == Comparison::kEquals &&
        IpAddress::Parse(text)) {
      return Condition::Texts("ip", {text});
    }
    return tl::unexpected(
        Fault{operand.offset, Concat("no matcher compares ", operand.name, " in this way")});
  }

  Result EmptyText(const Operand& operand, const ExpressionToken& token) {
    if (operand.name != "userAgent" && operand.name != "headers") {
      return tl::unexpected(Fault{token.offset, "no matcher asks for an empty text"});
    }
    changes_.emplace_back("a field without content is not the same as none: only none is matched");
    return Condition::Field("header", operand.field.empty() ? "User-Agent" : operand.field,
                            "absent", {});
  }

  static Result HostMatcher(Comparison comparison, const ExpressionToken& token) {
    std::string text = token.text;
    std::transform(text.begin(), text.end(), text.begin(), [](char c) {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    if (comparison == Comparison::kEquals) return Condition::Texts("host", {text});
    if (comparison == Comparison::kEnds && text.starts_with('.') && text.size() > 1) {
      return Condition::Texts("host", {"*" + text});
    }
    return tl::unexpected(Fault{token.offset, "host takes a name, or all names below one"});
  }

  std::vector<ExpressionToken> tokens_;
  std::size_t at_ = 0;
  std::vector<std::string> changes_;
};

}  // namespace

tl::expected<ConvertedExpression, ExpressionFault> ConvertExpression(std::string_view text) {
  if (text.size() > kMaxExpression) {
    return tl::unexpected(ExpressionFault{0, "it is longer than 16384 bytes"});
  }
  auto tokens = ExpressionLexer(text).Read();
  if (!tokens) return tl::unexpected(tokens.error());
  return ExpressionReader(*std::move(tokens)).Read();
}

}  // namespace stile
