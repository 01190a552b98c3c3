#include "service/reverse_dns.h"

#include <ares.h>
#include <arpa/inet.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstring>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "challenge/concat.h"
#include "service/wall_clock.h"
#include "verifier/agents/reverse_name_mask.h"

namespace stile {
namespace {

constexpr std::chrono::hours kConfirmedFor{24};
constexpr std::chrono::hours kRefutedFor{1};
constexpr std::chrono::minutes kUnknownFor{5};
constexpr int kTries = 2;
// Names of one address that match and are looked up in turn. An address of somebody who means it
// has one.
constexpr std::size_t kMaxNames = 4;
constexpr int kMaxAddresses = 64;  // Of one name that are looked at.
constexpr int kInternet = 1;       // The class IN, and the types that are asked for.
constexpr int kTypeA = 1;
constexpr int kTypePtr = 12;
constexpr int kTypeAaaa = 28;
constexpr int kNever = -1;

absl::Status AresError(std::string_view what, int code) {
  return absl::UnavailableError(Concat(what, ": ", ares_strerror(code)));
}

// "4.3.2.1.in-addr.arpa", or the nibbles of an IPv6 address under ip6.arpa.
std::string ReverseNameOf(const IpAddress& address) {
  const auto& bytes = address.bytes();
  if (!address.is_v6()) {
    return Concat(static_cast<int>(bytes[3]), ".", static_cast<int>(bytes[2]), ".",
                  static_cast<int>(bytes[1]), ".", static_cast<int>(bytes[0]), ".in-addr.arpa");
  }
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string name;
  for (std::size_t i = bytes.size(); i-- > 0;) {
    name += kDigits[bytes[i] & 15];
    name += '.';
    name += kDigits[bytes[i] >> 4];
    name += '.';
  }
  return name + "ip6.arpa";
}

// The names that the answer `text` to a PTR question holds. Returns c-ares' status.
int NamesIn(const IpAddress& address, const unsigned char* text, int size,
            std::vector<std::string>& names) {
  hostent* host = nullptr;
  const auto& bytes = address.bytes();
  const int status = ares_parse_ptr_reply(text, size, bytes.data(), address.is_v6() ? 16 : 4,
                                          address.is_v6() ? AF_INET6 : AF_INET, &host);
  const std::unique_ptr<hostent, decltype(&ares_free_hostent)> owner(host, ares_free_hostent);
  if (status != ARES_SUCCESS) return status;
  for (char** alias = host->h_aliases; alias != nullptr && *alias != nullptr; ++alias) {
    names.emplace_back(*alias);
  }
  if (names.empty() && host->h_name != nullptr) names.emplace_back(host->h_name);
  return status;
}

// Whether the answer `text` to an A or AAAA question holds `address`. Returns c-ares' status.
int Holds(const IpAddress& address, const unsigned char* text, int size, bool& holds) {
  int count = kMaxAddresses;
  const auto& bytes = address.bytes();
  holds = false;
  if (address.is_v6()) {
    std::array<ares_addr6ttl, kMaxAddresses> found{};
    const int status = ares_parse_aaaa_reply(text, size, nullptr, found.data(), &count);
    for (int i = 0; status == ARES_SUCCESS && i < count; ++i) {
      holds =
          holds || std::memcmp(&found[static_cast<std::size_t>(i)].ip6addr, bytes.data(), 16) == 0;
    }
    return status;
  }
  std::array<ares_addrttl, kMaxAddresses> found{};
  const int status = ares_parse_a_reply(text, size, nullptr, found.data(), &count);
  for (int i = 0; status == ARES_SUCCESS && i < count; ++i) {
    holds = holds || std::memcmp(&found[static_cast<std::size_t>(i)].ipaddr, bytes.data(), 4) == 0;
  }
  return status;
}

bool IsAbsent(int status) { return status == ARES_ENOTFOUND || status == ARES_ENODATA; }
bool IsOver(int status) { return status == ARES_ECANCELLED || status == ARES_EDESTRUCTION; }

}  // namespace

AgentMasks MasksOf(const Config& config) {
  AgentMasks masks;
  for (const SiteConfig& site : config.sites) {
    const Policy* policy = site.options.policy.get();
    for (std::size_t i = 0; policy != nullptr && i < policy->agents().size(); ++i) {
      const Agent& agent = policy->agents()[i];
      if (!agent.reverse_names.empty()) masks[policy->AgentKey(i)] = agent.reverse_names;
    }
  }
  return masks;
}

struct ReverseDns::State {
  // One address that is being looked up.
  struct LookUp {
    State& state;
    NameQuestion question;
    const std::vector<std::string>& masks;
    std::vector<std::string> names;  // That match, and are looked up from the last one on.
    bool failed = false;             // One of them could not be.
  };

  ~State() {
    if (thread.joinable()) {
      ending.store(true);
      questions->Wake();
      thread.join();
    }
    if (channel != nullptr) ares_destroy(channel);  // Its callbacks forget what was asked.
    ares_library_cleanup();
  }

  [[nodiscard]] absl::Status Open(const ReverseDnsConfig& config);
  void Run();
  void AskMore();
  void Ask(const NameQuestion& question);
  // What c-ares calls, so nothing may be thrown out of them: without memory a look-up has failed.
  void OnNames(LookUp& look_up, int status, const unsigned char* text, int size) noexcept;
  void OnAddresses(LookUp& look_up, int status, const unsigned char* text, int size) noexcept;
  void KeepNames(LookUp& look_up, std::vector<std::string> names);
  // These allocate nothing. `look_up` is gone afterwards.
  void AskNextName(LookUp& look_up) noexcept;
  void Finish(LookUp& look_up, NameVerdict verdict) noexcept;
  void Forget(const LookUp& look_up) noexcept;

  AgentMasks masks;
  std::shared_ptr<NameQuestions> questions;
  std::shared_ptr<ReverseNames> table;
  std::size_t limit = 0;  // Look-ups at a time.
  std::atomic<bool> ending{false};
  ares_channel channel = nullptr;
  // By address, v6 or not, and agent.
  using Key = std::pair<std::pair<IpAddress::Bytes16, bool>, std::uint64_t>;
  static Key KeyOf(const NameQuestion& question) {
    return {{question.address.bytes(), question.address.is_v6()}, question.agent};
  }
  std::map<Key, std::unique_ptr<LookUp>> look_ups;
  std::thread thread;
};

absl::Status ReverseDns::State::Open(const ReverseDnsConfig& config) {
  ares_options options = {};
  std::string lookups = "b";  // The resolver alone, and not /etc/hosts.
  options.timeout = static_cast<int>(config.timeout.count());
  options.tries = kTries;
  options.lookups = lookups.data();
  options.flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES;
  const int mask = ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_LOOKUPS | ARES_OPT_FLAGS;
  if (const int code = ares_init_options(&channel, &options, mask); code != ARES_SUCCESS) {
    channel = nullptr;
    return AresError("reverse DNS can't be set up", code);
  }
  if (!IsSet(config.resolver)) return absl::OkStatus();  // That of /etc/resolv.conf.
  const std::string server = ToString(config.resolver);
  const int code = ares_set_servers_ports_csv(channel, server.c_str());
  if (code != ARES_SUCCESS) return AresError(Concat("agents.resolver ", server), code);
  return absl::OkStatus();
}

void ReverseDns::State::Run() {
  while (!ending.load()) {
    AskMore();
    std::array<ares_socket_t, ARES_GETSOCK_MAXNUM> sockets{};
    const int wanted = ares_getsock(channel, sockets.data(), ARES_GETSOCK_MAXNUM);
    std::array<pollfd, ARES_GETSOCK_MAXNUM + 1> polled{};
    nfds_t count = 0;
    polled[count++] = {questions->descriptor(), POLLIN, 0};
    for (int i = 0; i < ARES_GETSOCK_MAXNUM; ++i) {
      const bool reads = ARES_GETSOCK_READABLE(wanted, i) != 0;
      const bool writes = ARES_GETSOCK_WRITABLE(wanted, i) != 0;
      if (!reads && !writes) continue;
      const int events = (reads ? POLLIN : 0) | (writes ? POLLOUT : 0);
      polled[count++] = {sockets[static_cast<std::size_t>(i)], static_cast<short>(events), 0};
    }
    timeval room = {};
    const timeval* next = ares_timeout(channel, nullptr, &room);
    // Rounded up: a millisecond too early would be a turn for nothing.
    const int timeout =
        next == nullptr ? kNever : static_cast<int>(next->tv_sec * 1000 + next->tv_usec / 1000 + 1);
    ::poll(polled.data(), count, timeout);
    if ((polled[0].revents & POLLIN) != 0) questions->Heed();
    for (nfds_t i = 1; i < count; ++i) {
      const int got = polled[i].revents;
      const bool readable = (got & (POLLIN | POLLERR | POLLHUP)) != 0;
      ares_process_fd(channel, readable ? polled[i].fd : ARES_SOCKET_BAD,
                      (got & POLLOUT) != 0 ? polled[i].fd : ARES_SOCKET_BAD);
    }
    ares_process_fd(channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);  // What has timed out.
  }
}

void ReverseDns::State::AskMore() {
  while (look_ups.size() < limit) {
    const std::optional<NameQuestion> question = questions->Take();
    if (!question) return;
    try {
      Ask(*question);
    } catch (const std::exception&) {  // No memory: the next request asks again.
      questions->totals().failed.fetch_add(1);
    }
  }
}

void ReverseDns::State::Ask(const NameQuestion& question) {
  const auto found = masks.find(question.agent);
  // Of an older generation, already being asked, or answered since it was put.
  if (found == masks.end() || look_ups.contains(KeyOf(question))) return;
  if (table->IsRecorded(question.address, question.agent, WallClock())) return;
  // From where it is kept on nothing throws, so that none is kept that isn't being asked.
  const std::string name = ReverseNameOf(question.address);
  auto made = std::make_unique<LookUp>(LookUp{*this, question, found->second, {}, false});
  LookUp* const look_up = made.get();
  look_ups.emplace(KeyOf(question), std::move(made));
  questions->totals().in_flight.store(look_ups.size());
  ares_query(
      channel, name.c_str(), kInternet, kTypePtr,
      [](void* data, int status, int /*timeouts*/, unsigned char* text, int size) {
        auto& asked = *static_cast<LookUp*>(data);
        asked.state.OnNames(asked, status, text, size);
      },
      look_up);
}

void ReverseDns::State::OnNames(LookUp& look_up, int status, const unsigned char* text,
                                int size) noexcept {
  if (IsOver(status)) return Forget(look_up);
  try {
    std::vector<std::string> names;
    if (status == ARES_SUCCESS) status = NamesIn(look_up.question.address, text, size, names);
    if (status == ARES_SUCCESS) KeepNames(look_up, std::move(names));
  } catch (const std::exception&) {
    status = ARES_ENOMEM;
  }
  if (IsAbsent(status)) return Finish(look_up, NameVerdict::kRefuted);
  if (status != ARES_SUCCESS) return Finish(look_up, NameVerdict::kUnknown);
  AskNextName(look_up);
}

void ReverseDns::State::KeepNames(LookUp& look_up, std::vector<std::string> names) {
  for (std::string& name : names) {
    const bool matches =
        std::any_of(look_up.masks.begin(), look_up.masks.end(),
                    [&name](const std::string& mask) { return MatchesReverseName(mask, name); });
    if (matches && look_up.names.size() < kMaxNames) look_up.names.push_back(std::move(name));
  }
}

void ReverseDns::State::AskNextName(LookUp& look_up) noexcept {
  if (look_up.names.empty()) {
    return Finish(look_up, look_up.failed ? NameVerdict::kUnknown : NameVerdict::kRefuted);
  }
  const std::string name = std::move(look_up.names.back());
  look_up.names.pop_back();
  ares_query(
      channel, name.c_str(), kInternet, look_up.question.address.is_v6() ? kTypeAaaa : kTypeA,
      [](void* data, int status, int /*timeouts*/, unsigned char* text, int size) {
        auto& asked = *static_cast<LookUp*>(data);
        asked.state.OnAddresses(asked, status, text, size);
      },
      &look_up);
}

void ReverseDns::State::OnAddresses(LookUp& look_up, int status, const unsigned char* text,
                                    int size) noexcept {
  if (IsOver(status)) return Forget(look_up);
  bool holds = false;
  if (status == ARES_SUCCESS) status = Holds(look_up.question.address, text, size, holds);
  if (holds) return Finish(look_up, NameVerdict::kConfirmed);
  if (status != ARES_SUCCESS && !IsAbsent(status)) look_up.failed = true;
  AskNextName(look_up);
}

void ReverseDns::State::Finish(LookUp& look_up, NameVerdict verdict) noexcept {
  NameQuestions::Totals& totals = questions->totals();
  std::chrono::milliseconds lasts = kUnknownFor;
  switch (verdict) {
    case NameVerdict::kConfirmed:
      lasts = kConfirmedFor;
      totals.confirmed.fetch_add(1);
      break;
    case NameVerdict::kRefuted:
      lasts = kRefutedFor;
      totals.refuted.fetch_add(1);
      break;
    case NameVerdict::kUnknown:
      totals.failed.fetch_add(1);
      break;
  }
  const NameQuestion& question = look_up.question;
  table->Record(question.address, question.agent, verdict, WallClock() + lasts);
  Forget(look_up);
}

void ReverseDns::State::Forget(const LookUp& look_up) noexcept {
  look_ups.erase(KeyOf(look_up.question));
  questions->totals().in_flight.store(look_ups.size());
}

absl::StatusOr<std::unique_ptr<ReverseDns>> ReverseDns::Create(
    const ReverseDnsConfig& config, AgentMasks masks, std::shared_ptr<NameQuestions> questions,
    std::shared_ptr<ReverseNames> table) {
  if (const int code = ares_library_init(ARES_LIB_INIT_ALL); code != ARES_SUCCESS) {
    return AresError("reverse DNS can't be set up", code);
  }
  auto state = std::make_unique<State>();
  state->masks = std::move(masks);
  state->questions = std::move(questions);
  state->table = std::move(table);
  state->limit = config.in_flight;
  if (absl::Status opened = state->Open(config); !opened.ok()) return opened;
  try {
    state->thread = std::thread([&served = *state] { served.Run(); });
  } catch (const std::system_error& error) {
    return absl::ResourceExhaustedError(
        Concat("reverse DNS can't be set up: the system gives no thread: ", error.what()));
  }
  pthread_setname_np(state->thread.native_handle(), "stile-dns");
  return std::unique_ptr<ReverseDns>(new ReverseDns(std::move(state)));
}

ReverseDns::ReverseDns(std::unique_ptr<State> state) : state_(std::move(state)) {}
ReverseDns::~ReverseDns() = default;

}  // namespace stile
