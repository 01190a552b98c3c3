#include "service/plain_http.h"

#include <netdb.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <exception>
#include <optional>
#include <span>
#include <thread>
#include <utility>
#include <vector>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

#include <absl/status/status.h>

#include "challenge/concat.h"
#include "engine/reason_phrase.h"
#include "service/chunked_body.h"
#include "service/memory_refusals.h"

namespace stile {
namespace {

namespace asio = boost::asio;
using asio::generic::stream_protocol;
using SystemCode = boost::system::error_code;
using Acceptor = asio::basic_socket_acceptor<stream_protocol>;

constexpr std::uint32_t kMaxHead = 16 * 1024;
constexpr std::chrono::milliseconds kAcceptAgain{10};  // What there was no memory for.

PlainPeer PeerOf(stream_protocol::socket& socket) {
  ucred credentials = {};
  socklen_t size = sizeof credentials;
  PlainPeer peer;
  // A TCP socket answers with no one.
  if (::getsockopt(socket.native_handle(), SOL_SOCKET, SO_PEERCRED, &credentials, &size) == 0 &&
      credentials.pid != 0) {
    peer.uid = credentials.uid;
    peer.pid = credentials.pid;
  }
  sockaddr_storage address = {};
  size = sizeof address;
  if (::getpeername(socket.native_handle(), reinterpret_cast<sockaddr*>(&address), &size) != 0 ||
      (address.ss_family != AF_INET && address.ss_family != AF_INET6)) {
    return peer;
  }
  std::array<char, NI_MAXHOST> text{};
  if (::getnameinfo(reinterpret_cast<const sockaddr*>(&address), size, text.data(), text.size(),
                    nullptr, 0, NI_NUMERICHOST) == 0) {
    peer.address = text.data();
  }
  return peer;
}

// One connection. Lives as long as an operation on it is under way.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(stream_protocol::socket socket, const PlainHttp::Limits& limits,
          const PlainHttp::LateHandler& handler, std::atomic<std::size_t>& open,
          const bool& leaving)
      : socket_(std::move(socket)),
        timer_(socket_.get_executor()),
        limits_(limits),
        handler_(handler),
        open_(open),
        leaving_(leaving),
        peer_(PeerOf(socket_)) {
    ++open_;
  }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session() { --open_; }

  void Begin() {
    Expire(limits_.request_timeout.value_or(limits_.timeout));
    if (in_.empty()) {
      Read();
    } else {
      Continue();
    }
  }

 private:
  void Expire(std::chrono::milliseconds time) {
    timer_.expires_after(time);
    timer_.async_wait([weak = weak_from_this()](SystemCode error) {
      const auto self = weak.lock();
      if (!error && self) self->Close();
    });
  }

  void Read() {
    socket_.async_read_some(asio::buffer(piece_),
                            [self = shared_from_this()](SystemCode error, std::size_t size) {
                              if (error) return self->Close();
                              self->in_.append(self->piece_.data(), size);
                              self->Continue();
                            });
  }

  // Takes what has arrived as far as it goes.
  void Continue() {
    if (!head_size_) {
      HeadLimits limits;
      limits.max_head = kMaxHead;
      limits.max_body = limits_.body;
      const HeadResult result = head_.Read(std::span(in_.data(), in_.size()), limits);
      if (result.status == HeadStatus::kNeedMore) return Read();
      if (result.status != HeadStatus::kComplete) {
        return Refuse(HttpStatusOf(result.status));
      }
      // The head points into what it was read from, so it gets a copy that stays.
      head_text_ = in_.substr(0, result.size);
      in_.erase(0, result.size);
      (void)head_.Read(std::span(head_text_.data(), head_text_.size()), limits);
      head_size_ = result.size;
      body_.clear();
      chunks_.emplace(ChunkedBody::Limits{limits_.body, 8 * 1024});
    }
    switch (TakeBody()) {
      case ChunkedStatus::kNeedMore:
        return Read();
      case ChunkedStatus::kDone:
        return Answer();
      default:
        return Refuse(413);
    }
  }

  ChunkedStatus TakeBody() {
    if (head_.framing() != Framing::kChunked) {
      const std::size_t wanted = head_.without_content() ? 0 : head_.content_length();
      if (in_.size() < wanted) return ChunkedStatus::kNeedMore;
      body_ = in_.substr(0, wanted);
      in_.erase(0, wanted);
      return ChunkedStatus::kDone;
    }
    while (true) {
      const ChunkedBody::Step step = chunks_->Feed(std::span(in_.data(), in_.size()));
      body_.append(step.payload.data(), step.payload.size());
      in_.erase(0, step.consumed);
      if (step.status != ChunkedStatus::kPayload) return step.status;
    }
  }

  void Refuse(std::uint16_t status) {
    closing_ = true;
    Write(PlainReply{status, "text/plain; charset=utf-8", Concat(ReasonPhrase(status), "\n")},
          true);
  }

  void Answer() {
    closing_ = !head_.keep_alive();
    with_body_ = head_.method() != "HEAD";
    if (limits_.request_timeout) Expire(limits_.timeout);
    handler_(head_, body_, peer_, [self = shared_from_this()](PlainReply reply) mutable {
      // At once if this is the server's own thread; no other may be left with the session's end.
      const auto executor = self->socket_.get_executor();
      asio::dispatch(executor, [session = std::move(self), answer = std::move(reply)] {
        if (!session->socket_.is_open()) return;
        session->head_size_.reset();
        session->closing_ = session->closing_ || answer.close || session->leaving_;
        session->Write(answer, session->with_body_);
      });
    });
  }

  void Write(const PlainReply& reply, bool with_body) {
    out_ =
        Concat("HTTP/1.1 ", reply.status, " ", ReasonPhrase(reply.status),
               "\r\nContent-Type: ", reply.content_type, "\r\nContent-Length: ", reply.body.size(),
               "\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n", reply.fields,
               closing_ ? "Connection: close\r\n" : "", "\r\n");
    if (with_body) out_ += reply.body;
    if (reply.descriptors != nullptr && !SendDescriptors(*reply.descriptors)) return Close();
    asio::async_write(socket_, asio::buffer(out_),
                      [self = shared_from_this()](SystemCode error, std::size_t) {
                        if (error || self->closing_) return self->Close();
                        self->Begin();
                      });
  }

  // With the first bytes of out_, which are taken off.
  bool SendDescriptors(const PassedDescriptors& passed) {
    const std::vector<int>& descriptors = passed.get();
    std::vector<char> control(CMSG_SPACE(descriptors.size() * sizeof(int)));
    iovec bytes = {out_.data(), out_.size()};
    msghdr message = {};
    message.msg_iov = &bytes;
    message.msg_iovlen = 1;
    if (!descriptors.empty()) {
      message.msg_control = control.data();
      message.msg_controllen = control.size();
      cmsghdr* header = CMSG_FIRSTHDR(&message);
      header->cmsg_level = SOL_SOCKET;
      header->cmsg_type = SCM_RIGHTS;
      header->cmsg_len = CMSG_LEN(descriptors.size() * sizeof(int));
      std::memcpy(CMSG_DATA(header), descriptors.data(), descriptors.size() * sizeof(int));
    }
    const ssize_t sent = ::sendmsg(socket_.native_handle(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent <= 0) return false;
    out_.erase(0, static_cast<std::size_t>(sent));
    return true;
  }

  void Close() {
    SystemCode ignored;
    timer_.cancel();
    socket_.shutdown(asio::socket_base::shutdown_both, ignored);
    socket_.close(ignored);
  }

  stream_protocol::socket socket_;
  asio::steady_timer timer_;
  const PlainHttp::Limits& limits_;
  const PlainHttp::LateHandler& handler_;
  std::atomic<std::size_t>& open_;
  const bool& leaving_;
  PlainPeer peer_;
  std::array<char, 8 * 1024> piece_;
  std::string in_;
  std::string head_text_;
  RequestHead head_;
  std::optional<std::size_t> head_size_;  // Set while a body is read.
  std::optional<ChunkedBody> chunks_;
  std::string body_;
  std::string out_;
  bool closing_ = false;
  bool with_body_ = true;
};

absl::Status Failure(const SystemCode& error, const SocketAddress& address) {
  return absl::UnavailableError(Concat(ToString(address), ": ", error.message()));
}

// Removes a socket file that nobody listens on any more.
void RemoveStaleSocket(asio::io_context& context, const std::string& path) {
  struct stat status = {};
  if (::lstat(path.c_str(), &status) != 0 || !S_ISSOCK(status.st_mode)) return;
  asio::local::stream_protocol::socket probe(context);
  SystemCode error;
  probe.open(asio::local::stream_protocol(), error);
  if (!error) probe.non_blocking(true, error);  // A full queue is a living process's.
  if (error) return;
  probe.connect(asio::local::stream_protocol::endpoint(path), error);
  if (error == asio::error::connection_refused) ::unlink(path.c_str());
}

}  // namespace

struct PlainHttp::State {
  explicit State(Limits the_limits, LateHandler the_handler)
      : limits(the_limits), handler(std::move(the_handler)), acceptor(context) {}

  absl::Status Bind(const SocketAddress& wanted);
  absl::Status Take(const ListeningSocket& socket);
  void Accept();
  void TakeClient(stream_protocol::socket socket) noexcept;
  void Run() noexcept;
  void RemoveSocket();

  Limits limits;
  LateHandler handler;
  // Of the server's thread, but for a late answer that finds no memory and ends its session.
  std::atomic<std::size_t> open{0};
  bool leaving = false;    // Of the server's thread.
  bool accepting = false;  // Likewise: or it waits until it does.
  bool owns_file = false;
  bool with_file = false;
  SocketAddress address;
  asio::io_context context{1};
  Acceptor acceptor;
  asio::steady_timer pause{context};
  std::thread thread;
  struct stat file = {};  // Of the unix socket, as bound.
};

absl::Status PlainHttp::State::Bind(const SocketAddress& wanted) {
  SystemCode error;
  stream_protocol::endpoint endpoint;
  if (wanted.is_unix) {
    RemoveStaleSocket(context, wanted.path);
    if (wanted.path.size() > 107)
      return absl::InvalidArgumentError("the socket's path is too long");
    endpoint = asio::local::stream_protocol::endpoint(wanted.path);
  } else {
    const auto host = asio::ip::make_address(wanted.host, error);
    if (error) return Failure(error, wanted);
    endpoint = asio::ip::tcp::endpoint(host, wanted.port);
  }
  acceptor.open(endpoint.protocol(), error);
  if (error) return Failure(error, wanted);
  if (!wanted.is_unix) {
    acceptor.set_option(asio::socket_base::reuse_address(true), error);
  } else if (limits.socket_mode) {
    // The file gets the socket's mode when it is made: nobody finds it open for a moment.
    (void)!::fchmod(acceptor.native_handle(), *limits.socket_mode);
  }
  acceptor.bind(endpoint, error);
  if (error) return Failure(error, wanted);
  if (wanted.is_unix) {
    const char* path = wanted.path.c_str();
    if (limits.socket_mode && ::chmod(path, *limits.socket_mode) != 0) {
      const SystemCode refused(errno, boost::system::system_category());
      ::unlink(path);
      return Failure(refused, wanted);
    }
    (void)!::lstat(path, &file);
    owns_file = true;
  }
  acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) return Failure(error, wanted);
  address = wanted;
  if (!wanted.is_unix) {
    const stream_protocol::endpoint bound = acceptor.local_endpoint(error);
    if (error) return Failure(error, wanted);
    asio::ip::tcp::endpoint chosen;
    chosen.resize(bound.size());
    std::copy_n(reinterpret_cast<const char*>(bound.data()), bound.size(),
                reinterpret_cast<char*>(chosen.data()));
    address.port = chosen.port();
  }
  return absl::OkStatus();
}

absl::Status PlainHttp::State::Take(const ListeningSocket& socket) {
  address = socket.address();
  const int descriptor = socket.Duplicate();
  if (descriptor < 0) return absl::ResourceExhaustedError("no descriptor is left");
  SystemCode error;
  acceptor.assign(stream_protocol(address.is_unix                               ? AF_UNIX
                                  : address.host.find(':') == std::string::npos ? AF_INET
                                                                                : AF_INET6,
                                  0),
                  descriptor, error);
  if (error) {
    ::close(descriptor);
    return Failure(error, address);
  }
  owns_file = socket.owns_file();
  with_file = socket.with_file();
  if (!address.is_unix) return absl::OkStatus();
  if (with_file && limits.socket_mode) {
    (void)!::chmod(address.path.c_str(), *limits.socket_mode);
  }
  (void)!::lstat(address.path.c_str(), &file);
  return absl::OkStatus();
}

// Unless somebody has put another in its place.
void PlainHttp::State::RemoveSocket() {
  struct stat now = {};
  if (!owns_file || ::lstat(address.path.c_str(), &now) != 0) return;
  if (now.st_ino == file.st_ino && now.st_dev == file.st_dev) ::unlink(address.path.c_str());
}

void PlainHttp::State::Accept() {
  acceptor.async_accept([this](SystemCode error, stream_protocol::socket socket) {
    if (error == asio::error::operation_aborted) return;
    accepting = false;
    if (error) {
      // Out of descriptors, most likely: give them time to come back.
      pause.expires_after(std::chrono::milliseconds{100});
      pause.async_wait([this](SystemCode stopped) {
        accepting = false;
        if (!stopped) Accept();
      });
      accepting = true;
      return;
    }
    if (open < limits.connections) TakeClient(std::move(socket));
    Accept();
  });
  accepting = true;
}

// Without memory the client goes, and nobody else.
void PlainHttp::State::TakeClient(stream_protocol::socket socket) noexcept {
  Attempt(MemoryPlace::kOperator, [&] {
    std::make_shared<Session>(std::move(socket), limits, handler, open, leaving)->Begin();
  });
}

// Only memory that ran out throws here: the session at hand ends, and the next has another chance.
void PlainHttp::State::Run() noexcept {
  while (!context.stopped()) {
    try {
      if (!accepting && !leaving) Accept();
      context.run();
    } catch (const std::exception&) {
      NoteMemoryRefusal(MemoryPlace::kOperator);
      if (!accepting) std::this_thread::sleep_for(kAcceptAgain);
    }
  }
}

PlainHttp::PlainHttp(std::unique_ptr<State> state) : state_(std::move(state)) {}

absl::StatusOr<std::unique_ptr<PlainHttp>> PlainHttp::Create(const SocketAddress& address,
                                                             const Limits& limits,
                                                             Handler handler) {
  return Create(address, limits,
                [answer = std::move(handler)](const RequestHead& head, std::string_view body,
                                              PlainPeer) { return answer(head, body); });
}

absl::StatusOr<std::unique_ptr<PlainHttp>> PlainHttp::Create(const SocketAddress& address,
                                                             const Limits& limits,
                                                             PeerHandler handler) {
  return Create(address, nullptr, limits, std::move(handler));
}

absl::StatusOr<std::unique_ptr<PlainHttp>> PlainHttp::Create(const SocketAddress& address,
                                                             InheritedSockets* inherited,
                                                             const Limits& limits,
                                                             PeerHandler handler) {
  return CreateLate(address, inherited, limits,
                    [handle = std::move(handler)](const RequestHead& head, std::string_view body,
                                                  const PlainPeer& peer, LateAnswer answer) {
                      answer(handle(head, body, peer));
                    });
}

absl::StatusOr<std::unique_ptr<PlainHttp>> PlainHttp::CreateLate(const SocketAddress& address,
                                                                 InheritedSockets* inherited,
                                                                 const Limits& limits,
                                                                 LateHandler handler) {
  std::vector<ListeningSocket> sockets;
  if (inherited != nullptr) sockets = inherited->Take(address);
  auto state = std::make_unique<State>(limits, std::move(handler));
  const absl::Status open = sockets.empty() ? state->Bind(address) : state->Take(sockets.front());
  if (!open.ok()) return open;
  return std::unique_ptr<PlainHttp>(new PlainHttp(std::move(state)));
}

PassedDescriptors::~PassedDescriptors() {
  for (const int descriptor : descriptors_) ::close(descriptor);
}

PlainHttp::~PlainHttp() { Stop(); }

void PlainHttp::Start() {
  state_->Accept();
  state_->thread = std::thread([state = state_.get()] { state->Run(); });
  pthread_setname_np(state_->thread.native_handle(), "stile-http");
}

void PlainHttp::Stop() {
  state_->context.stop();
  if (!state_->thread.joinable()) return;
  state_->thread.join();
  SystemCode ignored;
  state_->acceptor.close(ignored);
  state_->RemoveSocket();
}

void PlainHttp::Leave() {
  state_->owns_file = false;
  asio::post(state_->context, [state = state_.get()] {
    state->leaving = true;
    state->pause.cancel();
    SystemCode error;
    // Its duplicates live on, so closing alone would leave it registered here.
    const int descriptor = state->acceptor.release(error);
    if (!error) ::close(descriptor);
  });
}

void PlainHttp::InheritFile() { state_->owns_file = state_->owns_file || state_->with_file; }

int PlainHttp::descriptor() { return state_->acceptor.native_handle(); }
bool PlainHttp::owns_file() const { return state_->owns_file; }

const SocketAddress& PlainHttp::address() const { return state_->address; }

}  // namespace stile
