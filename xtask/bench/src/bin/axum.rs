//! The baseline on axum, as its documentation shows it: routes, extractors, state.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{ConnectInfo, Path, Request, State};
use axum::response::Response;
use axum::routing::{delete, get};
use axum::{Extension, Router};
use baselines::listen::Program;
use baselines::work::{Operation, PATHS, Work};
use bytes::Bytes;
use hyper_util::service::TowerToHyperService;
use tower_layer::Layer as _;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let program = Program::from_arguments()?;
    let [(delete_path, ..), (list_path, ..)] = PATHS;
    let router = Router::new()
        .route(delete_path, delete(delete_tokens))
        .route(list_path, get(list_tokens))
        .fallback(not_found)
        .with_state(Work::on(&program.database)?);
    program.serve(|peer| TowerToHyperService::new(Extension(ConnectInfo(peer)).layer(router.clone()))).await
}

async fn delete_tokens(
    State(work): State<Arc<Work>>,
    Path(id): Path<String>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    work.perform(Operation::Delete, &id, request.into_parts().0, peer).await.map(body)
}

async fn list_tokens(
    State(work): State<Arc<Work>>,
    Path(id): Path<String>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    work.perform(Operation::List, &id, request.into_parts().0, peer).await.map(body)
}

async fn not_found(
    State(work): State<Arc<Work>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    work.not_found(request.into_parts().0, peer).map(body)
}

/// An empty body has to be told from one of no bytes, or a 204 gets a length, which it must not have.
fn body(bytes: Bytes) -> Body {
    if bytes.is_empty() { Body::empty() } else { Body::from(bytes) }
}
