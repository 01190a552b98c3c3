#include "service/grpc_session.h"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <exception>
#include <new>
#include <unordered_map>

#include "service/memory_refusals.h"

namespace stile {
namespace {

constexpr std::size_t kPrefix = 5;  // Of a message: a byte of flags and four of its size.
constexpr std::size_t kMaxMethod = 256;
constexpr std::size_t kFieldCost = 32;  // Of a header field beside its bytes: RFC 9113, 6.5.2.

struct OptionDeleter {
  void operator()(nghttp2_option* option) const noexcept { nghttp2_option_del(option); }
};
struct CallbacksDeleter {
  void operator()(nghttp2_session_callbacks* callbacks) const noexcept {
    nghttp2_session_callbacks_del(callbacks);
  }
};
struct SessionDeleter {
  void operator()(nghttp2_session* session) const noexcept { nghttp2_session_del(session); }
};

// One call. Lives from its first header field until its stream is closed.
struct Stream {
  std::string method;
  bool is_post = false;
  bool is_grpc = false;
  std::size_t header_cost = 0;

  std::string request;  // The message behind its prefix.
  bool answered = false;
  bool ended = false;  // The peer sends nothing more.

  std::string response;  // The same.
  std::size_t sent = 0;
};

nghttp2_nv Field(std::string_view name, std::string_view value) noexcept {
  // The library copies both, and takes neither for its own.
  const auto bytes = [](std::string_view text) {
    return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));
  };
  return {bytes(name), bytes(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE};
}

// Its number, as a trailer says it.
std::string_view NumberOf(GrpcStatus status) noexcept {
  static constexpr std::array<std::string_view, kGrpcStatusCount> kNumbers = {
      "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14"};
  return kNumbers[std::min(static_cast<std::size_t>(status), kNumbers.size() - 1)];
}

std::string_view WordsOf(GrpcStatus status) noexcept {
  switch (status) {
    case GrpcStatus::kOk:
      return {};
    case GrpcStatus::kInvalidArgument:
      return "the message is not one of this method's";
    case GrpcStatus::kNotFound:
      return "there is no such service here";
    case GrpcStatus::kResourceExhausted:
      return "the message is too large";
    case GrpcStatus::kUnimplemented:
      return "this method, or this compression, is not known here";
    case GrpcStatus::kInternal:
      return "the message is not framed as gRPC frames it";
    case GrpcStatus::kUnavailable:
      return "not now";
  }
  return {};
}

std::uint32_t SizeIn(std::string_view prefix) noexcept {
  std::uint32_t size = 0;
  for (std::size_t i = 1; i < kPrefix; ++i) {
    size = size << 8 | static_cast<std::uint8_t>(prefix[i]);
  }
  return size;
}

}  // namespace

struct GrpcSession::State {
  explicit State(GrpcMethods& answerer) : methods(answerer) {}

  GrpcMethods& methods;
  std::unordered_map<std::int32_t, Stream> streams;  // Outlives the session, which points at them.
  std::unique_ptr<nghttp2_session, SessionDeleter> session;
  std::size_t incomplete = 0;
  std::uint64_t answered = 0;
  bool failed = false;

  Stream* Find(std::int32_t id) noexcept {
    return static_cast<Stream*>(nghttp2_session_get_stream_user_data(session.get(), id));
  }
  [[nodiscard]] int Begin(std::int32_t id);
  [[nodiscard]] int OnHeader(std::int32_t id, std::string_view name, std::string_view value);
  [[nodiscard]] int OnHeadersEnd(std::int32_t id);
  [[nodiscard]] int OnData(std::int32_t id, std::string_view bytes);
  [[nodiscard]] int OnEnd(std::int32_t id);
  [[nodiscard]] int Answer(std::int32_t id, Stream& stream, const GrpcCall& call);
  [[nodiscard]] int Respond(std::int32_t id, Stream& stream);
  [[nodiscard]] int Fail(std::int32_t id, Stream& stream, GrpcStatus status);
  [[nodiscard]] int FailHttp(std::int32_t id, Stream& stream, std::string_view status);
  void NoteAnswer(Stream& stream) noexcept;
  void OnClose(std::int32_t id) noexcept;
};

namespace {

// Runs `step` where an exception must not pass: the library's frames are C.
template <typename Step>
int Contain(Step step) noexcept {
  try {
    return step();
  } catch (const std::exception&) {
    NoteMemoryRefusal(MemoryPlace::kLoop);
    return NGHTTP2_ERR_CALLBACK_FAILURE;
  }
}

// Hands out what is left of a response, and then has the trailers sent.
ssize_t ReadResponse(nghttp2_session* session, std::int32_t id, std::uint8_t* buffer,
                     std::size_t room, std::uint32_t* flags, nghttp2_data_source* source,
                     void*) noexcept {
  auto& stream = *static_cast<Stream*>(source->ptr);
  const std::size_t size = std::min(room, stream.response.size() - stream.sent);
  std::memcpy(buffer, stream.response.data() + stream.sent, size);
  stream.sent += size;
  if (stream.sent == stream.response.size()) {
    *flags |= NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
    const nghttp2_nv trailer = Field("grpc-status", NumberOf(GrpcStatus::kOk));
    if (nghttp2_submit_trailer(session, id, &trailer, 1) != 0) return NGHTTP2_ERR_CALLBACK_FAILURE;
  }
  return static_cast<ssize_t>(size);
}

}  // namespace

int GrpcSession::State::Begin(std::int32_t id) {
  Stream& stream = streams[id];
  ++incomplete;
  return nghttp2_session_set_stream_user_data(session.get(), id, &stream);
}

int GrpcSession::State::OnHeader(std::int32_t id, std::string_view name, std::string_view value) {
  Stream* const stream = Find(id);
  if (stream == nullptr) return 0;
  stream->header_cost += name.size() + value.size() + kFieldCost;
  if (stream->header_cost > kMaxHeaders) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  if (name == ":method") {
    stream->is_post = value == "POST";
  } else if (name == ":path") {
    stream->method = value.substr(0, kMaxMethod + 1);
  } else if (name == "content-type") {
    constexpr std::string_view kType = "application/grpc";
    stream->is_grpc =
        value.starts_with(kType) &&
        (value.size() == kType.size() || value[kType.size()] == '+' || value[kType.size()] == ';');
  }
  return 0;
}

int GrpcSession::State::OnHeadersEnd(std::int32_t id) {
  Stream* const stream = Find(id);
  if (stream == nullptr) return 0;
  if (!stream->is_post) return FailHttp(id, *stream, "405");
  if (!stream->is_grpc) return FailHttp(id, *stream, "415");
  if (stream->method.size() > kMaxMethod) return Fail(id, *stream, GrpcStatus::kUnimplemented);
  if (!methods.RefusesUnread(stream->method)) return 0;
  return Answer(id, *stream, {.method = stream->method, .message = {}, .too_large = true});
}

int GrpcSession::State::OnData(std::int32_t id, std::string_view bytes) {
  Stream* const stream = Find(id);
  if (stream == nullptr || stream->answered) return 0;
  std::string& request = stream->request;
  request.append(bytes.substr(0, kPrefix + kMaxMessage + 1 - request.size()));
  const bool too_large = request.size() > kPrefix + kMaxMessage ||
                         (request.size() >= kPrefix && SizeIn(request) > kMaxMessage);
  if (!too_large) return 0;
  return Answer(id, *stream, {.method = stream->method, .message = {}, .too_large = true});
}

int GrpcSession::State::OnEnd(std::int32_t id) {
  Stream* const stream = Find(id);
  if (stream == nullptr) return 0;
  stream->ended = true;
  if (stream->answered) return 0;
  const std::string_view request = stream->request;
  if (request.size() < kPrefix) return Fail(id, *stream, GrpcStatus::kInternal);
  if (request.front() != 0) return Fail(id, *stream, GrpcStatus::kUnimplemented);
  if (SizeIn(request) != request.size() - kPrefix) return Fail(id, *stream, GrpcStatus::kInternal);
  return Answer(id, *stream,
                {.method = stream->method, .message = request.substr(kPrefix), .too_large = false});
}

int GrpcSession::State::Answer(std::int32_t id, Stream& stream, const GrpcCall& call) {
  stream.response.assign(kPrefix, '\0');
  const GrpcStatus status = methods.Call(call, stream.response);
  std::string().swap(stream.request);
  return status == GrpcStatus::kOk ? Respond(id, stream) : Fail(id, stream, status);
}

void GrpcSession::State::NoteAnswer(Stream& stream) noexcept {
  stream.answered = true;
  --incomplete;
  ++answered;
}

int GrpcSession::State::Respond(std::int32_t id, Stream& stream) {
  NoteAnswer(stream);
  const std::size_t size = stream.response.size() - kPrefix;
  for (std::size_t i = 1; i < kPrefix; ++i) {
    stream.response[i] = static_cast<char>(size >> 8 * (kPrefix - 1 - i) & 0xFF);
  }
  const std::array<nghttp2_nv, 2> fields = {Field(":status", "200"),
                                            Field("content-type", "application/grpc")};
  nghttp2_data_provider provider{};
  provider.source.ptr = &stream;
  provider.read_callback = &ReadResponse;
  return nghttp2_submit_response(session.get(), id, fields.data(), fields.size(), &provider);
}

int GrpcSession::State::Fail(std::int32_t id, Stream& stream, GrpcStatus status) {
  NoteAnswer(stream);
  const std::array<nghttp2_nv, 4> fields = {
      Field(":status", "200"), Field("content-type", "application/grpc"),
      Field("grpc-status", NumberOf(status)), Field("grpc-message", WordsOf(status))};
  return nghttp2_submit_response(session.get(), id, fields.data(), fields.size(), nullptr);
}

int GrpcSession::State::FailHttp(std::int32_t id, Stream& stream, std::string_view status) {
  NoteAnswer(stream);
  const nghttp2_nv field = Field(":status", status);
  return nghttp2_submit_response(session.get(), id, &field, 1, nullptr);
}

void GrpcSession::State::OnClose(std::int32_t id) noexcept {
  const auto found = streams.find(id);
  if (found == streams.end()) return;
  if (!found->second.answered) --incomplete;
  streams.erase(found);
}

namespace {

template <typename T>
T& As(void* state) noexcept {
  return *static_cast<T*>(state);
}

std::string_view TextOf(const std::uint8_t* bytes, std::size_t size) noexcept {
  return {reinterpret_cast<const char*>(bytes), size};
}

bool IsRequest(const nghttp2_frame& frame) noexcept {
  return frame.hd.type == NGHTTP2_HEADERS && frame.headers.cat == NGHTTP2_HCAT_REQUEST;
}

// What the library calls, each with the state as `user`.
template <typename T>
void SetCallbacks(nghttp2_session_callbacks* callbacks) {
  nghttp2_session_callbacks_set_on_begin_headers_callback(
      callbacks, [](nghttp2_session*, const nghttp2_frame* frame, void* user) noexcept {
        if (!IsRequest(*frame)) return 0;
        return Contain([&] { return As<T>(user).Begin(frame->hd.stream_id); });
      });
  nghttp2_session_callbacks_set_on_header_callback(
      callbacks, [](nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                    std::size_t name_size, const std::uint8_t* value, std::size_t value_size,
                    std::uint8_t, void* user) noexcept {
        return Contain([&] {
          return As<T>(user).OnHeader(frame->hd.stream_id, TextOf(name, name_size),
                                      TextOf(value, value_size));
        });
      });
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(
      callbacks, [](nghttp2_session*, std::uint8_t, std::int32_t id, const std::uint8_t* data,
                    std::size_t size, void* user) noexcept {
        return Contain([&] { return As<T>(user).OnData(id, TextOf(data, size)); });
      });
  nghttp2_session_callbacks_set_on_frame_recv_callback(
      callbacks, [](nghttp2_session*, const nghttp2_frame* frame, void* user) noexcept {
        return Contain([&] {
          const nghttp2_frame_hd& head = frame->hd;
          if (head.type != NGHTTP2_HEADERS && head.type != NGHTTP2_DATA) return 0;
          if (IsRequest(*frame)) {
            if (const int error = As<T>(user).OnHeadersEnd(head.stream_id); error != 0) {
              return error;
            }
          }
          const bool ends = (head.flags & NGHTTP2_FLAG_END_STREAM) != 0;
          return ends ? As<T>(user).OnEnd(head.stream_id) : 0;
        });
      });
  // An answer that came before the whole request ends what is left of that.
  nghttp2_session_callbacks_set_on_frame_send_callback(
      callbacks, [](nghttp2_session* session, const nghttp2_frame* frame, void* user) noexcept {
        const nghttp2_frame_hd& head = frame->hd;
        if (head.type != NGHTTP2_HEADERS || (head.flags & NGHTTP2_FLAG_END_STREAM) == 0) return 0;
        const Stream* const stream = As<T>(user).Find(head.stream_id);
        if (stream == nullptr || stream->ended) return 0;
        return nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, head.stream_id,
                                         NGHTTP2_NO_ERROR);
      });
  nghttp2_session_callbacks_set_on_stream_close_callback(
      callbacks, [](nghttp2_session*, std::int32_t id, std::uint32_t, void* user) noexcept {
        As<T>(user).OnClose(id);
        return 0;
      });
}

void RequireMemory(int error) {
  if (error != 0) throw std::bad_alloc();
}

}  // namespace

GrpcSession::GrpcSession(GrpcMethods& methods) : state_(std::make_unique<State>(methods)) {
  nghttp2_session_callbacks* callbacks = nullptr;
  RequireMemory(nghttp2_session_callbacks_new(&callbacks));
  const std::unique_ptr<nghttp2_session_callbacks, CallbacksDeleter> held_callbacks(callbacks);
  SetCallbacks<State>(callbacks);

  nghttp2_option* option = nullptr;
  RequireMemory(nghttp2_option_new(&option));
  const std::unique_ptr<nghttp2_option, OptionDeleter> held_option(option);
  nghttp2_option_set_no_closed_streams(option, 1);

  nghttp2_session* session = nullptr;
  RequireMemory(nghttp2_session_server_new2(&session, callbacks, state_.get(), option));
  state_->session.reset(session);
  const std::array<nghttp2_settings_entry, 3> settings = {{
      {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, kMaxCalls},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, static_cast<std::uint32_t>(kMaxHeaders)},
      {NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1},
  }};
  RequireMemory(
      nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, settings.data(), settings.size()));
}

GrpcSession::~GrpcSession() = default;

bool GrpcSession::Receive(std::string_view bytes) {
  if (state_->failed) return false;
  const ssize_t taken = nghttp2_session_mem_recv(
      state_->session.get(), reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  state_->failed = taken < 0 || static_cast<std::size_t>(taken) != bytes.size();
  return !state_->failed;
}

bool GrpcSession::Send(ByteBuffer& out, std::size_t enough) {
  while (out.size() < enough) {
    const std::uint8_t* bytes = nullptr;
    const ssize_t size = nghttp2_session_mem_send(state_->session.get(), &bytes);
    if (size < 0) return false;
    if (size == 0) break;
    out.Append(TextOf(bytes, static_cast<std::size_t>(size)));
  }
  return true;
}

void GrpcSession::Announce() {
  RequireMemory(nghttp2_submit_shutdown_notice(state_->session.get()));
}

void GrpcSession::Finish() {
  nghttp2_session* const session = state_->session.get();
  RequireMemory(nghttp2_submit_goaway(session, NGHTTP2_FLAG_NONE,
                                      nghttp2_session_get_last_proc_stream_id(session),
                                      NGHTTP2_NO_ERROR, nullptr, 0));
}

bool GrpcSession::done() const noexcept {
  nghttp2_session* const session = state_->session.get();
  return nghttp2_session_want_read(session) == 0 && nghttp2_session_want_write(session) == 0;
}

std::size_t GrpcSession::calls() const noexcept { return state_->streams.size(); }

std::size_t GrpcSession::incomplete() const noexcept { return state_->incomplete; }

std::uint64_t GrpcSession::answered() const noexcept { return state_->answered; }

}  // namespace stile
