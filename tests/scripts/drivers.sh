#!/usr/bin/env bash
# Fetches more software Vulkan drivers into a cache folder; installs nothing and changes
# nothing outside that folder.
#
#   swiftshader  from Debian's chromium-common, together with the Khronos
#                validation layer of the same age
#   lavapipe     the newer one from Debian's backports
#
# The folder is $SPIKEGRAD_DRIVERS, or else spikegrad/drivers in the user's cache.
# At the end, the script prints one line per driver and writes drivers.list to that
# folder: one ICD manifest per line, the system's own lavapipe first.
# tests/scripts/with-drivers.sh runs a command with all of them.
set -euo pipefail

cache=${SPIKEGRAD_DRIVERS:-${XDG_CACHE_HOME:-$HOME/.cache}/spikegrad/drivers}
mkdir -p "$cache"
cache=$(cd "$cache" && pwd)
work=

fail() {
    echo "drivers: $*" >&2
    exit 1
}
# The work folder of an interrupted run is of no use to the next one.
clean() { [ -z "$work" ] || rm -rf "$work"; }
trap clean EXIT

# device MANIFEST: prints name, driver and version of the driver's device; fails if the
# driver does not load.
device() {
    local summary
    summary=$(XDG_RUNTIME_DIR=${XDG_RUNTIME_DIR:-$cache} VK_DRIVER_FILES=$1 VK_ICD_FILENAMES=$1 \
        vulkaninfo --summary 2>/dev/null) || return 1
    awk -F ' = ' '
        { sub(/[ \t]+$/, "", $1); sub(/^[ \t]+/, "", $1) }
        $1 == "apiVersion" && !api { api = $2; sub(/ .*/, "", api) }
        $1 == "deviceName" && !name { name = $2 }
        $1 == "driverInfo" && !info { info = $2 }
        END { if (!name) exit 1; print name ", " (info ? info ", " : "") "Vulkan " api }' <<<"$summary"
}

# private_apt: the first call sets up apt in the work folder, with this system's Debian
# package sources plus backports, and reads their lists.
private_apt() {
    [ -z "$work" ] || return 0
    work=$(mktemp -d "$cache/work.XXXXXX")
    mkdir -p "$work"/{lists,archives}/partial "$work"/parts "$work"/packages
    local keyring=/usr/share/keyrings/debian-archive-keyring.gpg signed=
    [ ! -r "$keyring" ] || signed="[signed-by=$keyring]"

    apt-get indextargets --no-release-info --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
        awk -v code="$VERSION_CODENAME" -v signed="$signed" '
            $3 != "main" { next }
            $2 == code && !main { main = $1 }
            ($2 == code || $2 == code "-updates" || $2 == code "-security") && !seen[$1 $2]++ { print "deb", signed, $1, $2, "main" }
            END { if (!main) exit 1; print "deb", signed, main, code "-backports", "main" }' \
            >"$work/sources.list" ||
        fail "found no package source of Debian $VERSION_CODENAME in this system's apt configuration; add one and run make drivers again"

    cat >"$work/apt.conf" <<CONF
Dir::Etc::sourcelist "$work/sources.list";
Dir::Etc::sourceparts "$work/parts";
Dir::State::lists "$work/lists";
Dir::Cache "$work";
Debug::NoLocking "1";
APT::Sandbox::User "$(id -un)";
APT::Update::Error-Mode "any";
Acquire::Retries "3";
Acquire::Languages "none";
CONF
    echo "drivers: reading Debian's package lists"
    APT_CONFIG="$work/apt.conf" apt-get update -qq ||
        fail "Debian's package lists could not be read (no network?); run make drivers again when they can"
}

# unpack PACKAGE[/SUITE]: downloads it and prints the folder that it was unpacked into.
unpack() {
    local folder="$work/packages/${1%%/*}"
    mkdir -p "$folder"
    (cd "$folder" && APT_CONFIG="$work/apt.conf" apt-get download -qq "$1" >&2) || fail "could not download $1"
    dpkg-deb -x "$folder"/*.deb "$folder/files" || fail "could not unpack $1"
    printf '%s\n' "$folder/files"
}

# candidate PACKAGE SUITE: its version there; empty if there is none.
candidate() {
    APT_CONFIG="$work/apt.conf" apt-cache madison "$1" | awk -v suite="$2/" -F ' *[|] *' 'index($3, suite) { print $2; exit }'
}

# take FILE FOLDER: copies the library there atomically.
take() {
    [ -e "$1" ] || fail "the package holds no $(basename "$1"); please report this"
    mkdir -p "$2"
    cp "$1" "$2/.new" && mv "$2/.new" "$2/$(basename "$1")"
}

# driver_manifest LIBRARY VERSION
driver_manifest() {
    printf '{"file_format_version": "1.0.0", "ICD": {"library_path": "%s", "api_version": "%s"}}\n' "$1" "$2" >"$(dirname "$1")/icd.json"
}

fetch_swiftshader() {
    private_apt
    echo "drivers: fetching SwiftShader and the validation layer (package chromium-common)"
    local files
    files=$(unpack chromium-common)
    take "$files/usr/lib/chromium/libvk_swiftshader.so" "$cache/swiftshader"
    driver_manifest "$cache/swiftshader/libvk_swiftshader.so" 1.1.0

    local layer="$files/usr/lib/chromium/libVkLayer_khronos_validation.so"
    if [ -e "$layer" ]; then
        take "$layer" "$cache/validation"
        cat >"$cache/validation/VkLayer_khronos_validation.json" <<JSON
{
  "file_format_version": "1.2.0",
  "layer": {
    "name": "VK_LAYER_KHRONOS_validation",
    "type": "GLOBAL",
    "library_path": "$cache/validation/libVkLayer_khronos_validation.so",
    "api_version": "1.4.0",
    "implementation_version": "1",
    "description": "Khronos Validation Layer",
    "instance_extensions": [
      {"name": "VK_EXT_debug_report", "spec_version": "9"},
      {"name": "VK_EXT_debug_utils", "spec_version": "1"},
      {"name": "VK_EXT_validation_features", "spec_version": "6"},
      {"name": "VK_EXT_layer_settings", "spec_version": "2"}
    ]
  }
}
JSON
    fi
}

fetch_lavapipe() {
    private_apt
    local suite="$VERSION_CODENAME-backports" newer own
    newer=$(candidate mesa-vulkan-drivers "$suite")
    own=$(dpkg-query -W -f '${Version}' mesa-vulkan-drivers 2>/dev/null || true)
    if [ -z "$newer" ] || { [ -n "$own" ] && dpkg --compare-versions "$newer" le "$own"; }; then
        echo "drivers: skipped the newer lavapipe: $suite has ${newer:-none}, this system has ${own:-none}"
        return 0
    fi
    echo "drivers: fetching lavapipe $newer (package mesa-vulkan-drivers of $suite)"
    local files libraries
    files=$(unpack "mesa-vulkan-drivers/$suite")
    libraries=("$files"/usr/lib/*/libvulkan_lvp.so)
    take "${libraries[0]}" "$cache/lavapipe"
    driver_manifest "$cache/lavapipe/libvulkan_lvp.so" 1.1.0
}

# ensure NAME FETCH: calls FETCH unless the driver exists and loads; adds the driver to the
# list.
ensure() {
    local manifest="$cache/$1/icd.json"
    if ! { [ -e "$manifest" ] && device "$manifest" >/dev/null; }; then
        "$2"
    fi
    [ ! -e "$manifest" ] || list+=("$manifest")
}

command -v vulkaninfo >/dev/null || fail "vulkaninfo is missing, and without it no driver can be tried; run make deps first"

list=()
for manifest in /usr/share/vulkan/icd.d/lvp_icd{."$(uname -m)",}.json /etc/vulkan/icd.d/lvp_icd*.json; do
    if [ -e "$manifest" ]; then
        list+=("$manifest")
        break
    fi
done
[ ${#list[@]} -gt 0 ] || fail "this system has no lavapipe of its own (lvp_icd*.json); run make deps first"

ID= VERSION_CODENAME=
[ ! -r /etc/os-release ] || . /etc/os-release
if [ "$ID" = debian ] && [ -n "$VERSION_CODENAME" ]; then
    ensure lavapipe fetch_lavapipe
    ensure swiftshader fetch_swiftshader
else
    echo "drivers: skipped the newer lavapipe and SwiftShader: they are taken out of Debian's packages, and this system is ${ID:-not a Linux with an os-release}${ID:+, not debian}"
fi

broken=0
for manifest in "${list[@]}"; do
    if found=$(device "$manifest"); then
        echo "$found: $manifest"
    else
        library=$(sed -n 's/.*"library_path": *"\([^"]*\)".*/\1/p' "$manifest")
        echo "drivers: $manifest does not load: $(ldd "$library" 2>&1 | grep -i 'not found' | tr -s ' \t\n' ' ' || true)" >&2
        broken=1
    fi
done
printf '%s\n' "${list[@]}" >"$cache/drivers.list"
exit "$broken"
