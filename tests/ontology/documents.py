"""Documents in the published JSON-LD context, each beside the Turtle that it must expand to."""

from __future__ import annotations

from typing import Any

BASE = "https://orte.example/"

SITE: dict[str, Any] = {
    "id": "https://orte.example/site/alte-roesterei-x7k2",
    "type": "CooperationSite",
    "name": {"de": "Alte Rösterei", "en": "Old Roastery"},
    "alternateName": {"@none": ["Rösterei"], "de": ["Die Rösterei", "Roesterei Grimma"]},
    "abstract": {"de": "Arbeiten am Markt."},
    "description": {"de": "Coworking und Café.", "en": ["Coworking and café.", "Another."], "@none": "Ohne Sprache"},
    "keywords": {"de": ["Coworking", "Café"]},
    "phase": "start-up",
    "presence": "physical",
    "theme": ["mobility", "https://other.example/theme"],
    "audience": ["founders"],
    "fundingElement": ["operation"],
    "region": "14729",
    "address": {
        "id": "https://orte.example/site/alte-roesterei-x7k2#address",
        "type": "PostalAddress",
        "streetAddress": "Lange Straße 12",
        "postalCode": "04668",
        "addressLocality": "Grimma",
        "addressRegion": "Sachsen",
        "addressCountry": "DE",
    },
    "geo": {
        "id": "https://orte.example/site/alte-roesterei-x7k2#geo",
        "type": "GeoCoordinates",
        "latitude": "51.230",
        "longitude": "12.7200",
        "wkt": "POINT(12.72 51.23)",
    },
    "url": "https://roesterei.example/",
    "telephone": "+49 3437 1234567",
    "email": "info@roesterei.example",
    "openingHours": "Mo-Fr 09:00-17:00",
    "image": ["https://roesterei.example/haus.jpg"],
    "sameAs": ["https://www.wikidata.org/entity/Q1", "https://karte.example/1"],
    "floorArea": "420.50",
    "maximumAttendeeCapacity": 24,
    "foundingYear": "2019",
    "services": ["https://orte.example/service/desk-a2b3"],
    "partOf": ["https://orte.example/site/haus-c4d5"],
    "operatedBy": ["https://orte.example/organisation/verein-e6f7"],
    "memberOf": ["https://orte.example/network/kreativorte-g2h3"],
    "derivedFrom": ["https://orte.example/sources/a/records/1", "https://orte.example/sources/b/records/x"],
    "stale": True,
    "modified": "2026-11-22T10:00:00Z",
}
SITE_TURTLE = """
<site/alte-roesterei-x7k2> a orte:CooperationSite ; schema:name "Alte Rösterei"@de , "Old Roastery"@en ;
    schema:alternateName "Rösterei" , "Die Rösterei"@de , "Roesterei Grimma"@de ;
    schema:abstract "Arbeiten am Markt."@de ;
    schema:description "Coworking und Café."@de , "Coworking and café."@en , "Another."@en , "Ohne Sprache" ;
    schema:keywords "Coworking"@de , "Café"@de ; orte:phase phase:start-up ;
    orte:presence <https://w3id.org/orte/concept/presence/physical> ;
    orte:theme theme:mobility , <https://other.example/theme> ;
    orte:audience <https://w3id.org/orte/concept/audience/founders> ;
    orte:fundingElement <https://w3id.org/orte/concept/funding/operation> ; orte:region region:14729 ;
    schema:address <site/alte-roesterei-x7k2#address> ; schema:geo <site/alte-roesterei-x7k2#geo> ;
    schema:url <https://roesterei.example/> ; schema:telephone "+49 3437 1234567" ;
    schema:email "info@roesterei.example" ; schema:openingHours "Mo-Fr 09:00-17:00" ;
    schema:image <https://roesterei.example/haus.jpg> ;
    schema:sameAs <https://www.wikidata.org/entity/Q1> , <https://karte.example/1> ; orte:floorArea 420.50 ;
    schema:maximumAttendeeCapacity 24 ; schema:foundingDate "2019"^^xsd:gYear ; orte:offers <service/desk-a2b3> ;
    orte:partOf <site/haus-c4d5> ; orte:operatedBy <organisation/verein-e6f7> ;
    schema:memberOf <network/kreativorte-g2h3> ; orte:stale true ;
    prov:wasDerivedFrom <sources/a/records/1> , <sources/b/records/x> ;
    dct:modified "2026-11-22T10:00:00Z"^^xsd:dateTime .
<site/alte-roesterei-x7k2#address> a schema:PostalAddress ; schema:streetAddress "Lange Straße 12" ;
    schema:postalCode "04668" ; schema:addressLocality "Grimma" ; schema:addressRegion "Sachsen" ;
    schema:addressCountry "DE" .
<site/alte-roesterei-x7k2#geo> a schema:GeoCoordinates ; schema:latitude 51.230 ; schema:longitude 12.7200 ;
    geosparql:asWKT "POINT(12.72 51.23)"^^geosparql:wktLiteral .
"""

NETWORK = (
    {
        "id": f"{BASE}network/hub-13",
        "type": "Network",
        "name": {"de": "Innovation Hub 13"},
        "status": "ended",
        "startYear": "2018",
        "endDate": "2022-12-31",
        "areaServed": ["14729", "15"],
        "successor": [f"{BASE}network/flesk"],
    },
    """<network/hub-13> a orte:Network ; schema:name "Innovation Hub 13"@de ; schema:startDate "2018"^^xsd:gYear ;
    orte:status <https://w3id.org/orte/concept/status/ended> ; schema:endDate "2022-12-31"^^xsd:date ;
    schema:areaServed region:14729 , region:15 ; orte:successor <network/flesk> .""",
)
SERVICE = (
    {
        "id": f"{BASE}service/desk",
        "type": "Service",
        "name": {"de": "Arbeitsplatz"},
        "serviceKind": ["desk", "3d-printing"],
        "provider": [f"{BASE}organisation/verein"],
        "offers": [
            {
                "id": f"{BASE}service/desk#offer-1",
                "type": "Offer",
                "price": "12.50",
                "priceCurrency": "EUR",
                "description": {"de": "Tagesticket"},
            },
            {"id": f"{BASE}service/desk#offer-2", "type": "Offer", "price": "0", "priceCurrency": "EUR"},
        ],
        "potentialAction": [
            {"id": f"{BASE}service/desk#booking", "type": "ReserveAction", "target": "https://buchen.example/?a=1"}
        ],
    },
    """<service/desk> a orte:Service ; schema:name "Arbeitsplatz"@de ; 
    orte:serviceKind service:desk , service:3d-printing ;
    schema:provider <organisation/verein> ; schema:offers <service/desk#offer-1> , <service/desk#offer-2> ;
    schema:potentialAction <service/desk#booking> .
    <service/desk#offer-1> a schema:Offer ; schema:price 12.50 ; schema:priceCurrency "EUR" ;
    schema:description "Tagesticket"@de .
    <service/desk#offer-2> a schema:Offer ; schema:price "0"^^xsd:decimal ; schema:priceCurrency "EUR" .
    <service/desk#booking> a schema:ReserveAction ; schema:target <https://buchen.example/?a=1> .""",
)
REGION = (
    {
        "id": "https://w3id.org/orte/region/14729",
        "type": "Region",
        "name": {"de": "Landkreis Leipzig"},
        "ags": "14729",
        "nuts": "DED52",
        "land": "Sachsen",
        "population": 258214,
        "populationDate": "2021-12-31",
        "targetApplies": True,
        "targetMin": 5,
        "targetMax": 15,
        "isPartOf": "https://w3id.org/orte/region/14",
    },
    """region:14729 a orte:Region ; schema:name "Landkreis Leipzig"@de ; orte:ags "14729" ; orte:nuts "DED52" ;
    orte:land "Sachsen" ; orte:population 258214 ; orte:populationDate "2021-12-31"^^xsd:date ;
    orte:targetApplies true ; orte:targetMin 5 ; orte:targetMax 15 ; dct:isPartOf region:14 .""",
)
RECORD = (
    {
        "id": f"{BASE}sources/a/records/1",
        "type": "Record",
        "source": {
            "id": f"{BASE}sources/a",
            "type": "Source",
            "title": {"de": "Quelle A", "en": "Source A"},
            "publisher": {"id": f"{BASE}sources/a#publisher", "type": "Agent", "agentName": "Verein A e. V."},
            "homepage": "https://a.example/",
            "attribution": "© A",
            "rank": 50,
            "lastConfirmed": "2026-11-22T10:00:00Z",
        },
        "license": "https://opendatacommons.org/licenses/odbl/1-0/",
        "derivedFrom": ["https://a.example/orte/1"],
        "primaryTopic": f"{BASE}sources/a/records/1#it",
        "identifier": "1",
        "modifiedDate": "2026-11-20",
        "generatedBy": f"{BASE}runs/7",
        "firstSeen": "2026-11-01T10:00:00Z",
        "lastChanged": "2026-11-22T10:00:00Z",
        "digest": "ab" * 32,
        "sequence": 12,
    },
    f"""<sources/a/records/1> a orte:Record ; dct:source <sources/a> ; dct:identifier "1" ; orte:sequence 12 ;
    dct:license <https://opendatacommons.org/licenses/odbl/1-0/> ; prov:wasDerivedFrom <https://a.example/orte/1> ;
    foaf:primaryTopic <sources/a/records/1#it> ; dct:modified "2026-11-20"^^xsd:date ; prov:wasGeneratedBy <runs/7> ;
    orte:firstSeen "2026-11-01T10:00:00Z"^^xsd:dateTime ; orte:lastChanged "2026-11-22T10:00:00Z"^^xsd:dateTime ;
    orte:digest "{"ab" * 32}" .
    <sources/a> a orte:Source ; dct:title "Quelle A"@de , "Source A"@en ; dct:publisher <sources/a#publisher> ;
    foaf:homepage <https://a.example/> ; orte:attribution "© A" ; orte:rank 50 ;
    orte:lastConfirmed "2026-11-22T10:00:00Z"^^xsd:dateTime .
    <sources/a#publisher> a foaf:Agent ; foaf:name "Verein A e. V." .""",
)
RUN = (
    {
        "id": f"{BASE}runs/7",
        "type": ["Run", "Activity"],
        "used": [f"{BASE}sources/a"],
        "startedAt": "2026-11-22T09:59:00Z",
        "endedAt": "2026-11-22T10:00:00Z",
        "outcome": "complete",
        "recordsRead": 100,
        "reason": "ok",
    },
    """<runs/7> a orte:Run , prov:Activity ; prov:used <sources/a> ; dct:description "ok" ; orte:recordsRead 100 ;
    prov:startedAtTime "2026-11-22T09:59:00Z"^^xsd:dateTime ; prov:endedAtTime "2026-11-22T10:00:00Z"^^xsd:dateTime ;
    orte:outcome <https://w3id.org/orte/concept/outcome/complete> .""",
)
COLLECTION = (
    {
        "id": f"{BASE}sites",
        "type": "Collection",
        "totalItems": 2,
        "member": [{"id": f"{BASE}site/a", "type": "Site", "name": {"de": "A"}, "distance": 120}, f"{BASE}site/b"],
        "view": {
            "id": f"{BASE}sites?cursor=x",
            "type": "PartialCollectionView",
            "first": f"{BASE}sites",
            "previous": f"{BASE}sites?cursor=w",
            "next": f"{BASE}sites?cursor=y",
            "last": f"{BASE}sites?cursor=z",
        },
        "facets": {"phase": [{"value": "operating", "count": 2}]},
    },
    """<sites> a hydra:Collection ; hydra:totalItems 2 ; hydra:member <site/a> , <site/b> ;
    hydra:view <sites?cursor=x> .
    <site/a> a orte:Site ; schema:name "A"@de .
    <sites?cursor=x> a hydra:PartialCollectionView ; hydra:first <sites> ; hydra:previous <sites?cursor=w> ;
    hydra:next <sites?cursor=y> ; hydra:last <sites?cursor=z> .""",
)
EDGES = (
    {
        "id": f"{BASE}x",
        "name": {"de-at": "A", "@none": ["B", ""]},
        "schema:name": {"@value": "2019-05-01", "@type": "http://www.w3.org/2001/XMLSchema#date"},
        "maximumAttendeeCapacity": [12, "012"],
        "floorArea": ["0420.50", "100000000000000000000.000000000000000000001"],
        "foundingDate": ["2019-05-01", {"@value": "um 1900"}],
        "foundingMonth": "2019-05",
        "foundingYear": "0800",
        "url": {"@value": "keine Adresse"},
        "phase": ["https://w3id.org/orte/concept/theme/crafts", "idea"],
        "streetAddress": {"@value": "Lange Straße", "@language": "de"},
        "stale": "1",
        "https://unknown.example/p": {"@id": "urn:x:y"},
        "unbekannt": "fällt weg",
    },
    """<x> schema:name "A"@de-at , "B" , "" , "2019-05-01"^^xsd:date ; schema:maximumAttendeeCapacity 12 , 012 ;
    orte:floorArea 0420.50 , 100000000000000000000.000000000000000000001 ;
    schema:foundingDate "2019-05-01"^^xsd:date , "um 1900" , "2019-05"^^xsd:gYearMonth , "0800"^^xsd:gYear ;
    schema:url "keine Adresse" ; orte:phase theme:crafts , phase:idea ; schema:streetAddress "Lange Straße"@de ;
    orte:stale "1"^^xsd:boolean ; <https://unknown.example/p> <urn:x:y> .""",
)
PAIRS: dict[str, tuple[dict[str, Any], str]] = {
    "site": (SITE, SITE_TURTLE),
    "network": NETWORK,
    "service": SERVICE,
    "region": REGION,
    "record": RECORD,
    "run": RUN,
    "collection": COLLECTION,
    "edges": EDGES,
}
