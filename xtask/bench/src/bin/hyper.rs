//! The baseline that is nothing but hyper and a router.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;

use baselines::listen::Program;
use baselines::work::{Answer, Operation, PATHS, Work};
use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use matchit::Router;
use percent_encoding::percent_decode_str;

struct Server {
    work: Arc<Work>,
    router: Router<(http::Method, Operation)>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let program = Program::from_arguments()?;
    let mut router = Router::new();
    for (path, method, operation) in PATHS {
        router.insert(path, (method, operation))?;
    }
    let server = Arc::new(Server { work: Work::on(&program.database)?, router });
    program
        .serve(|peer| {
            let server = Arc::clone(&server);
            service_fn(move |request| {
                let server = Arc::clone(&server);
                async move { Ok::<_, Infallible>(server.answer(request, peer).await.map(Full::new)) }
            })
        })
        .await
}

impl Server {
    async fn answer(&self, request: http::Request<Incoming>, peer: SocketAddr) -> Answer {
        let (head, _) = request.into_parts();
        let found = self.router.at(head.uri.path()).ok();
        let found = found.and_then(|found| Some((found.value, found.params.get("id")?)));
        match found {
            Some(((method, operation), id)) if *method == head.method => {
                match percent_decode_str(id).decode_utf8() {
                    Ok(id) => {
                        let id = id.into_owned();
                        self.work.perform(*operation, &id, head, peer).await
                    }
                    Err(_) => status(400),
                }
            }
            Some(_) => status(405),
            None => self.work.not_found(head, peer),
        }
    }
}

fn status(status: u16) -> Answer {
    let mut answer = http::Response::new(Bytes::new());
    *answer.status_mut() = http::StatusCode::from_u16(status).unwrap_or_default();
    answer
}
