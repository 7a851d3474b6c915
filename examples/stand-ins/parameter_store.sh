# shellcheck shell=bash
# Parameter Store for an example: moto, which answers as AWS does. common.sh comes first.

start_parameter_store() {
    local moto
    : >"$DEPLOYMENT/moto.log"
    moto_server -H 127.0.0.1 -p 0 >>"$DEPLOYMENT/moto.log" 2>&1 &
    moto=$!
    AWS_ENDPOINT_URL=$(said "$moto" "$DEPLOYMENT/moto.log" 'Running on')
    export AWS_ENDPOINT_URL
}
