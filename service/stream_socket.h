#ifndef STILE_SERVICE_STREAM_SOCKET_H_
#define STILE_SERVICE_STREAM_SOCKET_H_

#include <cstddef>
#include <span>
#include <string_view>
#include <utility>

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/bind_allocator.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>

#include "service/handler_memory.h"

namespace stile {

using SocketError = boost::system::error_code;

// A TCP or unix connection.
using StreamSocket = boost::asio::basic_stream_socket<boost::asio::generic::stream_protocol,
                                                      boost::asio::io_context::executor_type>;

// Reads what there is into `room` and calls `done` with the error and the number of bytes.
template <typename Done>
void ReadSome(StreamSocket& socket, std::span<char> room, HandlerMemory& memory, Done done) {
  socket.async_read_some(
      boost::asio::buffer(room.data(), room.size()),
      boost::asio::bind_allocator(HandlerAllocator<void>(memory), std::move(done)));
}

template <typename Done>
void WriteSome(StreamSocket& socket, std::string_view bytes, HandlerMemory& memory, Done done) {
  socket.async_write_some(
      boost::asio::buffer(bytes.data(), bytes.size()),
      boost::asio::bind_allocator(HandlerAllocator<void>(memory), std::move(done)));
}

// Writes what fits without waiting and returns how much that was; 0 with would_block if nothing
// did. The socket is in non-blocking mode.
inline std::size_t WriteNow(StreamSocket& socket, std::string_view bytes, SocketError& error) {
  return socket.write_some(boost::asio::buffer(bytes.data(), bytes.size()), error);
}

}  // namespace stile

#endif  // STILE_SERVICE_STREAM_SOCKET_H_
