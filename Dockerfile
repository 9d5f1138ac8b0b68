# The book in a container, built of Debian's packages and Rust's official image:
#
#   docker build --tag two-kitchens .
#   docker run --init --rm --interactive --tty --publish 127.0.0.1:3000:3000 two-kitchens
#   docker run --init --rm two-kitchens cargo run --bin fork-vs-spawn

# What README asks for, and a user who isn't root. Dev containers need no more.
FROM rust:1-slim-trixie AS tools
RUN apt-get update \
    && apt-get install --yes --no-install-recommends git \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --shell /bin/bash reader
USER reader

FROM tools
WORKDIR /home/reader/book
COPY --chown=reader:reader . .
RUN cargo build --locked --package two-kitchens --package book --package listings
EXPOSE 3000
# All addresses are the container's own; `--publish` says who can reach it.
CMD ["cargo", "run", "--locked", "--", "--host", "0.0.0.0"]
