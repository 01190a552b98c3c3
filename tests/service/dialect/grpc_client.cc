#include "tests/service/dialect/grpc_client.h"

#include <algorithm>
#include <cstring>

namespace stile {
namespace {

std::string TextOf(const std::uint8_t* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

nghttp2_nv FieldOf(const std::string& name, const std::string& value) {
  return {reinterpret_cast<std::uint8_t*>(const_cast<char*>(name.data())),
          reinterpret_cast<std::uint8_t*>(const_cast<char*>(value.data())), name.size(),
          value.size(), NGHTTP2_NV_FLAG_NONE};
}

}  // namespace

std::string Framed(std::string_view message, char flags) {
  std::string framed(1, flags);
  for (int shift = 24; shift >= 0; shift -= 8) {
    framed += static_cast<char>(message.size() >> shift & 0xFF);
  }
  framed += message;
  return framed;
}

GrpcClient::GrpcClient(GrpcSession& server) : server_(server) {
  nghttp2_session_callbacks* callbacks = nullptr;
  nghttp2_session_callbacks_new(&callbacks);
  nghttp2_session_callbacks_set_on_header_callback(
      callbacks, [](nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                    std::size_t name_size, const std::uint8_t* value, std::size_t value_size,
                    std::uint8_t, void* user) {
        static_cast<GrpcClient*>(user)
            ->outcomes_[frame->hd.stream_id]
            .headers[TextOf(name, name_size)] = TextOf(value, value_size);
        return 0;
      });
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(
      callbacks, [](nghttp2_session*, std::uint8_t, std::int32_t id, const std::uint8_t* data,
                    std::size_t size, void* user) {
        static_cast<GrpcClient*>(user)->outcomes_[id].data += TextOf(data, size);
        return 0;
      });
  nghttp2_session_callbacks_set_on_stream_close_callback(
      callbacks, [](nghttp2_session*, std::int32_t id, std::uint32_t error, void* user) {
        Outcome& outcome = static_cast<GrpcClient*>(user)->outcomes_[id];
        outcome.closed = true;
        outcome.error = error;
        return 0;
      });
  nghttp2_session_callbacks_set_on_frame_recv_callback(
      callbacks, [](nghttp2_session*, const nghttp2_frame* frame, void* user) {
        if (frame->hd.type == NGHTTP2_GOAWAY) {
          static_cast<GrpcClient*>(user)->goaways_.emplace_back(frame->goaway.last_stream_id,
                                                                frame->goaway.error_code);
        }
        return 0;
      });
  nghttp2_session_client_new(&session_, callbacks, this);
  nghttp2_session_callbacks_del(callbacks);
  nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, nullptr, 0);
}

GrpcClient::~GrpcClient() { nghttp2_session_del(session_); }

std::int32_t GrpcClient::Begin(const std::string& method, std::string data, bool ends,
                               const Fields& more, const std::string& type,
                               const std::string& http_method) {
  Fields fields = {{":method", http_method}, {":scheme", "http"},    {":path", method},
                   {":authority", "stile"},  {"content-type", type}, {"te", "trailers"}};
  fields.insert(fields.end(), more.begin(), more.end());
  std::vector<nghttp2_nv> values;
  for (const auto& [name, value] : fields) values.push_back(FieldOf(name, value));
  uploads_.push_back(std::make_unique<Upload>(Upload{std::move(data), 0, ends}));
  nghttp2_data_provider provider{};
  provider.source.ptr = uploads_.back().get();
  provider.read_callback = [](nghttp2_session*, std::int32_t, std::uint8_t* buffer,
                              std::size_t room, std::uint32_t* flags, nghttp2_data_source* source,
                              void*) -> ssize_t {
    auto& upload = *static_cast<Upload*>(source->ptr);
    const std::size_t size = std::min(room, upload.data.size() - upload.sent);
    std::memcpy(buffer, upload.data.data() + upload.sent, size);
    upload.sent += size;
    if (upload.sent == upload.data.size()) {
      if (!upload.ends && size == 0) return NGHTTP2_ERR_DEFERRED;
      if (upload.ends) *flags |= NGHTTP2_DATA_FLAG_EOF;
    }
    return static_cast<ssize_t>(size);
  };
  return nghttp2_submit_request(session_, nullptr, values.data(), values.size(), &provider,
                                nullptr);
}

bool GrpcClient::Exchange() {
  bool good = true;
  while (true) {
    const std::uint8_t* bytes = nullptr;
    const ssize_t size = nghttp2_session_mem_send(session_, &bytes);
    if (size > 0 && good) good = server_.Receive(TextOf(bytes, static_cast<std::size_t>(size)));
    ByteBuffer answer;
    if (!server_.Send(answer, std::size_t{1} << 20)) return false;
    if (!answer.empty()) {
      nghttp2_session_mem_recv(session_, reinterpret_cast<const std::uint8_t*>(answer.data()),
                               answer.size());
    }
    if (size <= 0 && answer.empty()) return good;
  }
}

bool GrpcClient::SendRaw(std::string_view bytes) {
  const bool good = server_.Receive(bytes);
  return Exchange() && good;
}

}  // namespace stile
