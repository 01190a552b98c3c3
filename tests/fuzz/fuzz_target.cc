#include "tests/fuzz/fuzz_target.h"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <set>
#include <string>

namespace stile {
namespace {

constexpr std::array<std::string_view, 5> kRequestHead = {
    "complete head", "refused head", "half a head", "whole chunked body", "refused chunked body"};
constexpr std::array<std::string_view, 3> kHeadBeast = {
    "head that Beast reads too", "content with a length that Beast reads too",
    "chunks that Beast reads too"};
constexpr std::array<std::string_view, 6> kToken = {"valid clearance",  "valid redemption",
                                                    "valid context",    "unsolved redemption",
                                                    "forged clearance", "redemption in steps"};
constexpr std::array<std::string_view, 4> kReference = {
    "valid reference", "forged reference", "unsigned reference", "malformed reference"};
constexpr std::array<std::string_view, 4> kCookie = {"valid clearance", "other family",
                                                     "wrong client", "absent clearance"};
constexpr std::array<std::string_view, 3> kRedeemBody = {"form", "json", "refused body"};
constexpr std::array<std::string_view, 7> kSiteverify = {
    "form", "json", "multipart", "refused body", "valid token", "forged token", "malformed token"};
constexpr std::array<std::string_view, 4> kBudgetMessage = {"refused message", "own message",
                                                            "charged message", "place in the log"};
constexpr std::array<std::string_view, 3> kRunRecord = {"damaged record", "pinned run", "free run"};
constexpr std::array<std::string_view, 2> kConfig = {"valid config", "refused config"};
constexpr std::array<std::string_view, 3> kKeys = {"valid keys", "ring", "refused keys"};
constexpr std::array<std::string_view, 10> kPolicy = {
    "compiled policy", "refused policy file", "matched rule", "nested matchers",
    "field test",      "regular expression",  "list",         "agent",
    "weight",          "warned policy"};
constexpr std::array<std::string_view, 5> kProxyHeader = {"client of version 1",
                                                          "client of version 2", "unknown client",
                                                          "client with TLS", "refused header"};

constexpr std::array<std::string_view, 5> kRangeList = {
    "list of lines", "list of tables", "list of texts", "list with a time", "refused list"};

constexpr std::array<std::string_view, 4> kLogLine = {
    "request in JSON", "request in a combined line", "no request", "unreadable line"};
constexpr std::array<std::string_view, 5> kAnubisPolicy = {"refused YAML", "converted rule",
                                                           "lost rule", "converted expression",
                                                           "texts of a regular expression"};

constexpr std::array<std::string_view, 3> kHandover = {"refused", "without sockets",
                                                       "with sockets"};
constexpr std::array<std::string_view, 5> kModeFile = {
    "no order", "order for all", "order for a rule", "order with a limit", "refused file"};
constexpr std::array<std::string_view, 4> kModeRecord = {"whole record", "damaged record",
                                                         "order that holds", "taken file"};

constexpr std::array<std::string_view, 9> kSpop = {
    "hello",         "health check", "refused hello",
    "no messages",   "request",      "message without a request",
    "refused frame", "half a frame", "message without a head"};

constexpr std::array<std::string_view, 4> kCheckRequest = {
    "malformed message", "request that no head can say", "head that is refused", "head"};
constexpr std::array<std::string_view, 3> kGrpcSession = {"connection that is given up", "call",
                                                          "second call"};

constexpr std::array<std::string_view, 3> kSourceBundle = {"refused bundle", "bundle",
                                                           "bundle of several files"};
constexpr std::array<std::string_view, 8> kEmbeddedRequest = {
    "allowed",         "challenged",      "denied",   "served",
    "over the limits", "valid clearance", "redeemed", "wrong family"};

constexpr std::array<std::string_view, 2> kHashwxModule = {"module", "highest state"};

constexpr std::array<FuzzTarget, 25> kTargets = {{
    {"request_head", FuzzRequestHead, kRequestHead},
    {"head_beast", FuzzHeadBeast, kHeadBeast},
    {"token", FuzzToken, kToken},
    {"reference", FuzzReference, kReference},
    {"cookie", FuzzCookie, kCookie},
    {"redeem_body", FuzzRedeemBody, kRedeemBody},
    {"siteverify", FuzzSiteverify, kSiteverify},
    {"budget_message", FuzzBudgetMessage, kBudgetMessage},
    {"run_record", FuzzRunRecord, kRunRecord},
    {"config", FuzzConfig, kConfig},
    {"keys", FuzzKeys, kKeys},
    {"policy", FuzzPolicy, kPolicy},
    {"proxy_header", FuzzProxyHeader, kProxyHeader},
    {"log_line", FuzzLogLine, kLogLine},
    {"anubis_policy", FuzzAnubisPolicy, kAnubisPolicy},
    {"range_list", FuzzRangeList, kRangeList},
    {"handover", FuzzHandover, kHandover},
    {"check_request", FuzzCheckRequest, kCheckRequest},
    {"grpc_session", FuzzGrpcSession, kGrpcSession},
    {"mode_file", FuzzModeFile, kModeFile},
    {"mode_record", FuzzModeRecord, kModeRecord},
    {"source_bundle", FuzzSourceBundle, kSourceBundle},
    {"embedded_request", FuzzEmbeddedRequest, kEmbeddedRequest},
    {"spop", FuzzSpop, kSpop},
    {"hashwx_module", FuzzHashwxModule, kHashwxModule},
}};

std::set<std::string_view>& Reached() {
  static std::set<std::string_view> reached;
  return reached;
}

}  // namespace

std::span<const FuzzTarget> FuzzTargets() { return kTargets; }

void Reach(std::string_view milestone) { Reached().insert(milestone); }

bool IsReached(std::string_view milestone) { return Reached().contains(milestone); }

void Require(bool holds, const char* property, int line) {
  if (holds) return;
  std::fprintf(stderr, "property broken, line %d: %s\n", line, property);
  std::abort();
}

std::uint64_t HashOf(FuzzInput input) {
  std::uint64_t hash = 0xCBF29CE484222325U;
  for (const std::uint8_t byte : input) hash = (hash ^ byte) * 0x100000001B3U;
  return hash ^ hash >> 29;
}

}  // namespace stile
