#include "tool/http_client.h"

#include <algorithm>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <boost/beast/version.hpp>
#include <charconv>
#include <cstdint>
#include <exception>

#include "challenge/concat.h"
#include "service/request_head.h"

namespace stile {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;

constexpr std::size_t kMaxAnswer = 4 * 1024 * 1024;

template <typename Stream>
asio::awaitable<HttpAnswer> Exchange(Stream& stream, http::request<http::string_body>& request) {
  co_await http::async_write(stream, request, asio::use_awaitable);
  beast::flat_buffer buffer;
  http::response_parser<http::string_body> parser;
  parser.body_limit(kMaxAnswer);
  parser.skip(request.method() == http::verb::head);
  co_await http::async_read(stream, buffer, parser, asio::use_awaitable);
  HttpAnswer answer;
  auto response = parser.release();
  answer.status = static_cast<int>(response.result_int());
  for (const auto& field : response) {
    answer.fields.emplace_back(field.name_string(), field.value());
  }
  answer.body = std::move(response.body());
  co_return answer;
}

asio::awaitable<HttpAnswer> FetchPlain(tcp::resolver::results_type endpoints,
                                       http::request<http::string_body>& request,
                                       std::chrono::seconds timeout) {
  beast::tcp_stream stream(co_await asio::this_coro::executor);
  stream.expires_after(timeout);
  co_await stream.async_connect(endpoints, asio::use_awaitable);
  co_return co_await Exchange(stream, request);
}

asio::awaitable<HttpAnswer> FetchSocket(const std::string& path,
                                        http::request<http::string_body>& request,
                                        std::chrono::seconds timeout) {
  beast::basic_stream<asio::local::stream_protocol> stream(co_await asio::this_coro::executor);
  stream.expires_after(timeout);
  co_await stream.async_connect(asio::local::stream_protocol::endpoint(path), asio::use_awaitable);
  co_return co_await Exchange(stream, request);
}

asio::awaitable<HttpAnswer> FetchSecure(const Url& url, tcp::resolver::results_type endpoints,
                                        http::request<http::string_body>& request,
                                        std::chrono::seconds timeout) {
  asio::ssl::context context(asio::ssl::context::tls_client);
  context.set_default_verify_paths();
  context.set_verify_mode(asio::ssl::verify_peer);
  beast::ssl_stream<beast::tcp_stream> stream(co_await asio::this_coro::executor, context);
  stream.set_verify_callback(asio::ssl::host_name_verification(url.host));
  SSL_set_tlsext_host_name(stream.native_handle(), url.host.c_str());
  beast::get_lowest_layer(stream).expires_after(timeout);
  co_await beast::get_lowest_layer(stream).async_connect(endpoints, asio::use_awaitable);
  co_await stream.async_handshake(asio::ssl::stream_base::client, asio::use_awaitable);
  co_return co_await Exchange(stream, request);
}

asio::awaitable<HttpAnswer> FetchFrom(const Url& url, http::request<http::string_body>& request,
                                      std::chrono::seconds timeout) {
  tcp::resolver resolver(co_await asio::this_coro::executor);
  const auto endpoints = co_await resolver.async_resolve(url.host, url.port, asio::use_awaitable);
  if (url.https) co_return co_await FetchSecure(url, endpoints, request, timeout);
  co_return co_await FetchPlain(endpoints, request, timeout);
}

absl::Status StatusOf(const boost::system::error_code& code, const std::string& place) {
  const std::string text = Concat(place, ": ", code.message());
  if (code == boost::system::errc::no_such_file_or_directory) return absl::NotFoundError(text);
  if (code == boost::system::errc::permission_denied) return absl::PermissionDeniedError(text);
  if (code == beast::error::timeout) return absl::DeadlineExceededError(text);
  if (code == http::error::body_limit) return absl::ResourceExhaustedError(text);
  return absl::UnavailableError(text);
}

// Runs `exchange` to its end.
absl::StatusOr<HttpAnswer> Await(asio::io_context& io, asio::awaitable<HttpAnswer> exchange,
                                 const std::string& place) {
  absl::StatusOr<HttpAnswer> result = absl::UnavailableError("nothing was received");
  asio::co_spawn(io, std::move(exchange), [&](std::exception_ptr failure, HttpAnswer answer) {
    if (failure == nullptr) {
      result = std::move(answer);
      return;
    }
    try {
      std::rethrow_exception(failure);
    } catch (const boost::system::system_error& error) {
      result = StatusOf(error.code(), place);
    } catch (const std::exception& error) {
      result = absl::InternalError(error.what());
    }
  });
  io.run();
  return result;
}

bool IsPrintable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7F; });
}

}  // namespace

absl::StatusOr<Url> Url::Parse(std::string_view text) {
  const auto wrong = [text] {
    return absl::InvalidArgumentError(
        Concat("'", text, "' is not a URL like http://example.org/path"));
  };
  Url url;
  if (EqualsLower(text.substr(0, 8), "https://")) {
    url.https = true;
    text.remove_prefix(8);
  } else if (EqualsLower(text.substr(0, 7), "http://")) {
    text.remove_prefix(7);
  } else {
    return wrong();
  }
  const std::string_view whole = text.substr(0, text.find('#'));
  const std::size_t end = std::min(whole.find_first_of("/?"), whole.size());
  std::string_view authority = whole.substr(0, end);
  const std::string_view rest = whole.substr(end);
  if (!IsPrintable(whole) || authority.find('@') != std::string_view::npos) return wrong();
  url.target = rest.empty() || rest.front() == '?' ? Concat("/", rest) : std::string(rest);
  std::string_view port;
  if (!authority.empty() && authority.front() == '[') {
    const std::size_t bracket = authority.find(']');
    if (bracket == std::string_view::npos) return wrong();
    url.host = std::string(authority.substr(1, bracket - 1));
    port = authority.substr(bracket + 1);
  } else {
    const std::size_t colon = std::min(authority.find(':'), authority.size());
    url.host = std::string(authority.substr(0, colon));
    port = authority.substr(colon);
  }
  if (url.host.empty()) return wrong();
  url.port = url.https ? "443" : "80";
  if (!port.empty()) {
    std::uint16_t number = 0;
    const auto [end_of_number, failure] =
        std::from_chars(port.data() + 1, port.data() + port.size(), number);
    if (port.front() != ':' || failure != std::errc() || number == 0 ||
        end_of_number != port.data() + port.size()) {
      return wrong();
    }
    url.port = Concat(number);
  }
  return url;
}

std::string Url::Authority() const {
  const bool is_v6 = host.find(':') != std::string::npos;
  std::string text = is_v6 ? Concat("[", host, "]") : host;
  if (port != (https ? "443" : "80")) text += Concat(":", port);
  return text;
}

std::string_view HttpAnswer::Get(std::string_view name) const {
  for (const auto& [field, value] : fields) {
    if (EqualsLower(field, name)) return value;
  }
  return {};
}

absl::StatusOr<HttpAnswer> Fetch(std::string_view method, const Url& url,
                                 const std::vector<std::pair<std::string, std::string>>& extra,
                                 std::string_view body, std::chrono::seconds timeout) {
  http::request<http::string_body> request;
  request.method_string(beast::string_view(method.data(), method.size()));
  request.target(url.target);
  request.version(11);
  request.set(http::field::host, url.Authority());
  request.set(http::field::connection, "close");
  for (const auto& [name, value] : extra) request.set(name, value);
  request.body() = std::string(body);
  if (!body.empty()) request.prepare_payload();

  asio::io_context io(1);
  return Await(io, FetchFrom(url, request, timeout), url.Authority());
}

absl::StatusOr<HttpAnswer> FetchLocal(std::string_view method, const std::string& path,
                                      std::string_view target, std::string_view body,
                                      std::chrono::seconds timeout) {
  http::request<http::string_body> request;
  request.method_string(beast::string_view(method.data(), method.size()));
  request.target(beast::string_view(target.data(), target.size()));
  request.version(11);
  request.set(http::field::host, "stile");
  request.set(http::field::connection, "close");
  request.body() = std::string(body);
  if (!body.empty()) request.prepare_payload();

  asio::io_context io(1);
  return Await(io, FetchSocket(path, request, timeout), path);
}

}  // namespace stile
