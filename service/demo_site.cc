#include "service/demo_site.h"

#include <string_view>
#include <utility>

#include "challenge/concat.h"
#include "service/html_text.h"

namespace stile {
namespace {

constexpr std::string_view kPageStart =
    "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<title>Over the stile</title>\n"
    "<style>body{font:1.1em/1.5 system-ui,sans-serif;max-width:38em;margin:12vh auto;"
    "padding:0 1em;color:#222;background:#fbfaf7}code{background:#eee8da;padding:.1em .3em}"
    "@media(prefers-color-scheme:dark){body{color:#ddd;background:#1c1b19}"
    "code{background:#35322b}a{color:#9cf}}</style>\n"
    "<h1>Over the stile</h1>\n<p>This is the site behind the gate. You asked for <code>";

constexpr std::string_view kPageEnd =
    "</code>.</p>\n"
    "<ul>\n<li><a href=\"/docs/guide?chapter=2\">A page that needs a clearance</a></li>\n"
    "<li><a href=\"/open/hello\">A page that anybody may read</a></li>\n"
    "<li><a href=\"/closed/\">A page that nobody may read</a></li>\n"
    "<li><a href=\"/echo\">What the site saw of your request</a></li>\n</ul>\n</html>\n";

PlainReply Page(const RequestHead& head) {
  PlainReply reply;
  reply.content_type = "text/html; charset=utf-8";
  reply.body = Concat(kPageStart, HtmlText(head.target()), kPageEnd);
  return reply;
}

PlainReply Echo(const RequestHead& head, std::string_view body) {
  PlainReply reply;
  reply.body = Concat(head.method(), " ", head.target(), "\n");
  for (std::size_t i = 0; i < head.field_count(); ++i) {
    reply.body += Concat(head.field(i).name, ": ", head.field(i).value, "\n");
  }
  reply.body += Concat("\n", body);
  return reply;
}

PlainReply AnswerDemo(const RequestHead& head, std::string_view body) {
  if (head.path() == "/echo") return Echo(head, body);
  if (head.path() == "/robots.txt") {
    return PlainReply{200, "text/plain; charset=utf-8", "User-agent: *\nDisallow:\n"};
  }
  if (head.path() == "/favicon.ico") return PlainReply{404, "text/plain; charset=utf-8", ""};
  return Page(head);
}

}  // namespace

absl::StatusOr<std::unique_ptr<DemoSite>> DemoSite::Create() {
  SocketAddress loopback;
  loopback.host = "127.0.0.1";
  PlainHttp::Limits limits;
  limits.connections = 512;
  limits.body = 1024 * 1024;
  limits.timeout = std::chrono::seconds{120};
  auto http = PlainHttp::Create(loopback, limits, AnswerDemo);
  if (!http.ok()) return http.status();
  return std::unique_ptr<DemoSite>(new DemoSite(*std::move(http)));
}

std::string DemoConfig(const SocketAddress& listen, const SocketAddress& upstream,
                       const SocketAddress& metrics) {
  return Concat("[[listener]]\naddress = \"", ToString(listen),
                "\"\nmode = \"gateway\"\n\n[[site]]\nname = \"demo\"\nhosts = [\"*\"]\n"
                "upstream = \"http://",
                ToString(upstream),
                "\"\npolicy = \"policy.toml\"\n[site.page]\ntitle = \"One moment\"\n\n"
                "[metrics]\naddress = \"",
                ToString(metrics), "\"\n[limits]\noverload = \"0s\"\n");  // It is there to be seen.
}

std::string DemoPolicy() {
  return "[[rule]]\nname = \"open\"\npath = [\"/open/*\"]\naction = \"allow\"\n\n"
         "[[rule]]\nname = \"closed\"\npath = [\"/closed/*\"]\naction = \"deny\"\n\n"
         "[[rule]]\nname = \"all\"\npath = [\"/*\"]\naction = \"challenge\"\nlevel = \"light\"\n";
}

}  // namespace stile
