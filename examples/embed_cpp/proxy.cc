// A small reverse proxy with Stile in it, by its C++ libraries: a thread per connection slot, one
// request a connection.
//
//   proxy KEY-FILE POLICY-FILE LISTEN-PORT ORIGIN-PORT
//
// Every path of a request through the engine is here: decide, respond, redeem with a body, renew,
// and the clearance taken off what the origin sees. What a real proxy has besides is left out:
// keep-alive, chunked bodies, long bodies, TLS. SIGHUP takes the policy up again.
#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include <csignal>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "challenge/ascii_text.h"
#include "challenge/key_file.h"
#include "engine/engine_slot.h"
#include "engine/request_fields.h"
#include "verifier/policy/policy_file.h"
#include "verifier/tables/tables.h"

namespace {

using stile::UnixMillis;

UnixMillis Now() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return {std::chrono::duration_cast<std::chrono::milliseconds>(now).count()};
}

std::string ReadFile(const char* path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

[[noreturn]] void Fail(const stile::Errors& errors) {
  std::fprintf(stderr, "%s\n", stile::ToString(errors).c_str());
  std::exit(1);
}

template <typename T>
T Must(tl::expected<T, stile::Errors> made) {
  if (!made) Fail(made.error());
  return *std::move(made);
}

template <typename T>
T Must(tl::expected<T, stile::Error> made) {
  if (!made) Fail({made.error()});
  return *std::move(made);
}

// What outlives every engine: the keys, and what is counted.
struct Deployment {
  stile::KeyRing keys;
  std::shared_ptr<stile::Tables> tables = Must(stile::Tables::Private({}));
  std::shared_ptr<stile::RedeemTables> redeems = Must(tables->MakeRedeemTables({}));
  std::shared_ptr<stile::SpendNumbers> spends = tables->MakeSpends(0);
};

tl::expected<std::unique_ptr<const stile::Engine>, stile::Errors> MakeEngine(
    const Deployment& deployment, const char* policy_file) {
  auto source = stile::ParsePolicyFile(ReadFile(policy_file), policy_file);
  if (!source) return tl::unexpected(source.error());
  auto policy = stile::Policy::Compile(*std::move(source));
  if (!policy) return tl::unexpected(policy.error());
  stile::EngineOptions options;
  options.sites.emplace_back().policy = *policy;
  options.budgets = deployment.tables->budgets();
  options.revocations = deployment.tables->revocations();
  options.spends = deployment.spends;
  return stile::Engine::Create(std::move(options), deployment.keys, deployment.redeems);
}

void SendAll(int to, std::string_view data) {
  while (!data.empty()) {
    const ssize_t sent = ::send(to, data.data(), data.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;
    data.remove_prefix(static_cast<std::size_t>(sent));
  }
}

// One request, read whole: views into its bytes.
struct Exchange {
  std::string bytes;
  std::string_view body;
  std::vector<stile::RequestField> fields;
  stile::Request request;
};

bool Is(std::string_view name, std::string_view lower) { return stile::EqualsLower(name, lower); }

bool AreWithin(std::string_view text, char first, char last) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [=](char c) { return c >= first && c <= last; });
}

constexpr std::string_view kWrong = "400 Bad Request";
constexpr std::size_t kMost = 262'144;

// Cuts the head into what Stile takes. What is read in two ways is refused: bare line ends, second
// lengths and hosts. Returns what refuses it, or nothing.
std::string_view ReadHead(std::string_view head, Exchange& e, std::size_t& length) {
  std::string_view lines = head.substr(0, head.size() - 2);
  std::string_view line = lines.substr(0, lines.find("\r\n"));
  const std::size_t method = line.find(' ');
  const std::size_t version = line.rfind(' ');
  if (version == line.npos || line.substr(version) != " HTTP/1.1" || version == method) {
    return kWrong;
  }
  e.request.method = line.substr(0, method);
  e.request.target = line.substr(method + 1, version - method - 1);
  if (!AreWithin(e.request.method, 'A', 'Z') || !AreWithin(e.request.target, '!', '~') ||
      e.request.target.front() != '/') {
    return kWrong;
  }
  bool has_length = false;
  while (lines.remove_prefix(line.size() + 2), !lines.empty()) {
    line = lines.substr(0, lines.find("\r\n"));
    const std::size_t colon = line.find_first_of(": \t");
    if (colon == line.npos || colon == 0 || line[colon] != ':' ||
        line.find_first_of("\r\n") != line.npos) {
      return kWrong;
    }
    const std::string_view name = line.substr(0, colon);
    const std::string_view value = stile::TrimBlanks(line.substr(colon + 1));
    e.fields.push_back({name, value});
    if (Is(name, "transfer-encoding")) return "501 Not Implemented";
    if (Is(name, "expect")) return "417 Expectation Failed";
    if (Is(name, "host")) {
      if (!e.request.host.empty()) return kWrong;
      e.request.host = value.substr(0, value.find(':'));
    }
    if (!Is(name, "content-length")) continue;
    if (has_length || !AreWithin(value, '0', '9') || value.size() > 9) return kWrong;
    has_length = true;
    length = std::strtoul(std::string(value).c_str(), nullptr, 10);
  }
  return e.request.host.empty() ? kWrong : std::string_view();
}

// Returns the status line that refuses it, or nothing.
std::string_view ReadRequest(int client, Exchange& e) {
  e.bytes.resize(kMost);  // The views stay where they are.
  std::size_t size = 0;
  std::size_t length = 0;
  std::size_t head = 0;
  while (head == 0 || size < head + length) {
    if (size == kMost) return "413 Content Too Large";
    const ssize_t got = ::recv(client, e.bytes.data() + size, kMost - size, 0);
    if (got <= 0) return kWrong;
    size += static_cast<std::size_t>(got);
    const std::string_view seen(e.bytes.data(), size);
    const std::size_t end = head == 0 ? seen.find("\r\n\r\n") : seen.npos;
    if (end == seen.npos) continue;
    head = end + 4;
    const std::string_view refusal = ReadHead(seen.substr(0, head), e, length);
    if (!refusal.empty()) return refusal;
  }
  // What a client sent behind it is no part of it.
  e.body = std::string_view(e.bytes).substr(head, length);
  stile::RequestFields known(e.request);
  for (const stile::RequestField& field : e.fields) known.Take(field.name, field.value);
  e.request.fields = e.fields;
  return {};
}

// The request goes on to its origin, without the clearance, and the answer comes back.
void Pass(const stile::Engine& engine, int client, const Exchange& e, const sockaddr_in& origin_at,
          stile::Verdict verdict, std::string_view set_cookie) {
  const int origin = ::socket(AF_INET, SOCK_STREAM, 0);
  const timeval limit{60, 0};
  ::setsockopt(origin, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  std::string out = std::string(e.request.method) + " " + std::string(e.request.target) +
                    " HTTP/1.1\r\nConnection: close\r\nX-Stile-Verdict: " +
                    std::string(stile::VerdictName(verdict)) + "\r\n";
  for (const stile::RequestField& field : e.fields) {
    if (Is(field.name, "connection")) continue;
    // A client's own. Some origins read '_' as '-'.
    const std::string_view name = field.name.substr(0, 7);
    if (Is(name, "x-stile") || Is(name, "x_stile")) continue;
    std::string value(field.value);
    if (Is(field.name, "cookie")) {
      value.resize(engine.StripClearance(field.value, engine.SiteOf(e.request), value));
      if (value.empty()) continue;
    }
    out += std::string(field.name) + ": " + value + "\r\n";
  }
  const auto* const to = reinterpret_cast<const sockaddr*>(&origin_at);
  if (::connect(origin, to, sizeof origin_at) != 0) {
    ::close(origin);
    return SendAll(client, "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n");
  }
  SendAll(origin, out + "\r\n" + std::string(e.body));
  std::vector<char> bytes(65'536);
  bool is_first = true;
  for (ssize_t got; (got = ::recv(origin, bytes.data(), bytes.size(), 0)) > 0; is_first = false) {
    std::string_view piece(bytes.data(), static_cast<std::size_t>(got));
    const std::size_t line = is_first ? piece.find('\n') : piece.npos;
    if (line != piece.npos) {
      SendAll(client, piece.substr(0, line + 1));
      piece.remove_prefix(line + 1);
      if (!set_cookie.empty()) {
        SendAll(client,
                "Cache-Control: private\r\nSet-Cookie: " + std::string(set_cookie) + "\r\n");
      }
    }
    SendAll(client, piece);
  }
  ::close(origin);
}

void Serve(stile::EngineSlot& slot, stile::Worker& worker, int client, Exchange& e,
           const sockaddr_in& origin) {
  if (const std::string_view refusal = ReadRequest(client, e); !refusal.empty()) {
    return SendAll(client, "HTTP/1.1 " + std::string(refusal) + "\r\nContent-Length: 0\r\n\r\n");
  }
  const stile::Engine& engine = slot.Enter(worker);
  const stile::Decision decision = engine.Decide(e.request, Now(), worker);
  stile::Answer answer;
  if (decision.action == stile::Action::kServe && e.body.size() > stile::Engine::kMaxBody) {
    return SendAll(client, "HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n");
  }
  if (decision.action != stile::Action::kAllow) {
    const bool has_body = decision.action == stile::Action::kServe;
    engine.Respond(e.request, decision, has_body ? e.body : "", Now(), worker, answer);
  }
  if (answer.status == 0) {
    const std::string_view renewed = engine.Renew(e.request, decision, Now(), worker);
    return Pass(engine, client, e, origin, decision.verdict, renewed);
  }
  std::string out = "HTTP/1.1 " + std::to_string(answer.status) + " Answer\r\n";
  for (std::size_t i = 0; i < answer.field_count; ++i) {
    out += std::string(answer.fields[i].name) + ": " + std::string(answer.fields[i].value) + "\r\n";
  }
  out += "Connection: close\r\nContent-Length: " + std::to_string(answer.body.size()) + "\r\n\r\n";
  SendAll(client, e.request.method == "HEAD" ? out : out + std::string(answer.body));
}

sockaddr_in LoopbackAt(const char* port) {
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(static_cast<std::uint16_t>(std::atoi(port)));
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return at;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  Deployment deployment{
      Must(stile::KeyRing::Create(Must(stile::ParseKeyFile(ReadFile(argv[1]), argv[1])), Now()))};
  stile::EngineSlot slot(Must(MakeEngine(deployment, argv[2])));
  const sockaddr_in origin = LoopbackAt(argv[4]);
  const sockaddr_in at = LoopbackAt(argv[3]);
  const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  const int on = 1;
  ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(listener, reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0) return 1;
  if (::listen(listener, 128) != 0) return 1;
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&slot, listener, &origin] {
      const std::unique_ptr<stile::Worker> worker = slot.NewWorker();
      while (true) {
        sockaddr_in from{};
        socklen_t size = sizeof from;
        const int client = ::accept(listener, reinterpret_cast<sockaddr*>(&from), &size);
        if (client < 0) continue;
        const timeval limit{10, 0};
        ::setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        Exchange e;
        stile::IpAddress::Bytes4 bytes;
        std::memcpy(bytes.data(), &from.sin_addr, bytes.size());
        e.request.address = stile::IpAddress::V4(bytes);
        Serve(slot, *worker, client, e, origin);
        ::close(client);
      }
    });
  }
  std::fprintf(stderr, "ready\n");
  for (int signal = 0; sigwait(&signals, &signal) == 0;) {  // What is wrong stays out.
    auto next = MakeEngine(deployment, argv[2]);
    if (next) slot.Publish(*std::move(next));
    std::fprintf(stderr, "reload: %s\n", next ? "done" : stile::ToString(next.error()).c_str());
  }
}
