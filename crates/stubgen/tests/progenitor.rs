//! Whoever comes from progenitor finds the same calls: what its generator makes of a document that it takes has, in the client generated
//! here, the same methods with the same builders and setters.

use std::collections::{BTreeMap, BTreeSet};

use progenitor_impl::{GenerationSettings, Generator, InterfaceStyle};
use stubgen::{Options, Source};
use syn::{ImplItem, Item, Visibility};

/// The public functions of a client by the type that has them.
type Surface = BTreeMap<String, BTreeSet<String>>;

/// Conveniences of progenitor for bodies that have builders of their own.
const OTHER: [&str; 3] = ["new", "new_with_client", "body_map"];

fn collect(items: &[Item], surface: &mut Surface) {
    for item in items {
        match item {
            Item::Mod(module) if module.ident != "types" => {
                collect(module.content.as_ref().map_or(&[][..], |(_, items)| items), surface);
            }
            Item::Impl(block) if block.trait_.is_none() => {
                let syn::Type::Path(path) = &*block.self_ty else { continue };
                let name = path.path.segments.last().expect("a name").ident.to_string();
                let functions = block.items.iter().filter_map(|item| match item {
                    ImplItem::Fn(function) if matches!(function.vis, Visibility::Public(_)) => {
                        Some(function.sig.ident.to_string())
                    }
                    _ => None,
                });
                let functions = functions.filter(|name| !OTHER.contains(&name.as_str()));
                surface.entry(name).or_default().extend(functions);
            }
            _ => {}
        }
    }
}

#[test]
fn every_call_of_a_client_of_progenitor_is_there() {
    for (name, text) in [
        ("minimal", include_str!("golden/minimal/spec.yaml")),
        ("parameters", include_str!("golden/parameters/spec.yaml")),
        ("bodies", include_str!("golden/bodies/spec.yaml")),
        ("security", include_str!("golden/security/spec.yaml")),
        ("schemas", include_str!("golden/schemas/spec.yaml")),
    ] {
        let generated = stubgen::generate(&Source { name, text }, &Options::default());
        let generated = generated.unwrap_or_else(|findings| panic!("{name}: {findings}"));
        let document = serde_json::from_value(generated.normalised).expect("a document of OpenAPI 3.0");
        let mut settings = GenerationSettings::default();
        settings.with_interface(InterfaceStyle::Builder);
        let tokens = Generator::new(&settings).generate_tokens(&document).expect(name);
        let mut theirs = Surface::new();
        collect(&syn::parse2::<syn::File>(tokens).expect("Rust").items, &mut theirs);
        let mut ours = Surface::new();
        for file in ["mod.rs", "builder.rs"] {
            collect(&syn::parse_file(&generated.client[file]).expect("Rust").items, &mut ours);
        }
        assert!(!theirs["Client"].is_empty(), "{name}: {theirs:?}");
        for (type_name, functions) in &theirs {
            let known = ours.get(type_name).unwrap_or_else(|| panic!("{name}: there is no `{type_name}`"));
            let missing: Vec<_> = functions.difference(known).collect();
            assert!(missing.is_empty(), "{name}: `{type_name}` lacks {missing:?}");
        }
    }
}
