# Bif in a container: the web application, a worker, or both (Bif__Roles).
#   docker build -t bif .                          CPU, on Debian 12 with its own libtorch
#   docker build -t bif-gpu --build-arg BASE=pytorch/pytorch:2.7.1-cuda12.6-cudnn9-devel \
#     --build-arg TORCH=/opt/conda/lib/python3.11/site-packages/torch/share/cmake .
# The second base brings CUDA, nvcc and PyTorch's libtorch, against which ./bif builds the native part.
ARG BASE=debian:12
FROM ${BASE}
ARG TORCH=
ENV CMAKE_PREFIX_PATH=${TORCH}
ARG DOTNET_CHANNEL=10.0
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates curl libicu-dev \
 && rm -rf /var/lib/apt/lists/* \
 && curl -fsSL https://dot.net/v1/dotnet-install.sh | bash -s -- --channel ${DOTNET_CHANNEL} --install-dir /usr/share/dotnet \
 && ln -s /usr/share/dotnet/dotnet /usr/bin/dotnet
WORKDIR /bif

# The script installs what is missing; alone in its layer, so that a change of the sources does not install again.
COPY bif ./
RUN ./bif install web && rm -rf /var/lib/apt/lists/*
COPY . .
RUN ./bif build web

# Everything runs as a user of its own; /data is shared by all processes of one database.
RUN useradd --create-home --uid 10001 bif && mkdir /data && chown bif /data && chmod -R a+rX /bif
USER bif
ENV Bif__Data=/data Urls=http://0.0.0.0:5080 Logging__Console__FormatterName=json
VOLUME /data
EXPOSE 5080
HEALTHCHECK --start-period=60s CMD curl -fsS http://localhost:5080/health/live || exit 1
CMD ["dotnet", "src/Bif.Web/bin/Release/net10.0/Bif.Web.dll"]
