// Sets and fields as SAP Cloud for Customer has them; written for these tests, no copy of its model.

aspect Thing {
  key ObjectID            : String(70);
      EntityLastChangedOn : Timestamp;
      CreationOn          : Timestamp;
      ETag                : Timestamp;
}

aspect Address {
  Street           : String(60);
  HouseNumber      : String(10);
  City             : String(40);
  StreetPostalCode : String(10);
  StateCode        : String(6);
  CountryCode      : String(3);
}

aspect Reachable {
  Phone                 : String(350);
  NormalisedPhone       : String(350);
  Mobile                : String(350);
  Email                 : String(255);
  WebSite               : String(1280);
  LanguageCode          : String(2);
  ContactPermissionCode : String(1);
}

aspect Referred {
  UUID           : UUID;
  ExternalID     : String(100);
  ExternalSystem : String(32);
}

aspect Activity {
  ID                  : String(35);
  Subject             : String(765);
  MainAccountPartyID  : String(60);
  MainContactPartyID  : String(60);
  OwnerPartyID        : String(60);
  LastChangeDateTime  : Timestamp;
}

@path: 'c4codataapi'
service c4codataapi {
  entity CorporateAccountCollection : Thing, Address, Reachable, Referred {
    AccountID               : String(10);
    Name                    : String(480) not null;
    RoleCode                : String(6);
    LifeCycleStatusCode     : String(2);
    DUNSID                  : String(11);
    ParentAccountID         : String(10);
    TopLevelAccountID       : String(10);
    OwnerID                 : String(20);
    ChangedOn               : Timestamp;
  }

  entity IndividualCustomerCollection : Thing, Address, Reachable, Referred {
    CustomerID              : String(10);
    FirstName               : String(40);
    MiddleName              : String(40);
    LastName                : String(40) not null;
    NickName                : String(40);
    FormattedName           : String(480);
    BirthDate               : DateTime;
    GenderCode              : String(1);
    EmailInvalidIndicator   : Boolean;
    LifeCycleStatusCode     : String(2);
    ChangedOn               : Timestamp;
  }

  entity ContactCollection : Thing, Reachable, Referred {
    ContactID               : String(10);
    AccountID               : String(10);
    AccountUUID             : UUID;
    FirstName               : String(40);
    LastName                : String(40);
    Name                    : String(480);
    JobTitle                : String(40);
    DepartmentCode          : String(4);
    FunctionCode            : String(4);
    StatusCode              : String(2);
    ChangedOn               : Timestamp;
  }

  entity CorporateAccountHasContactPersonCollection : Thing {
    ParentObjectID          : String(70);
    AccountID               : String(10);
    ContactID               : String(10);
    Email                   : String(255);
    Phone                   : String(350);
    JobTitle                : String(40);
    MainIndicator           : Boolean;
  }

  entity LeadCollection : Thing {
    ID                             : String(35);
    Name                           : String(765) not null;
    AccountPartyID                 : String(60);
    ContactID                      : String(60);
    ExternalID                     : String(100);
    QualificationLevelCode         : String(2);
    UserStatusCode                 : String(5);
    ResultReasonCode               : String(3);
    OriginTypeCode                 : String(3);
    PriorityCode                   : String(1);
    CampaignID                     : String(10);
    Score                          : Integer;
    ExpectedRevenueAmount          : Decimal(28, 6);
    ExpectedRevenueCurrencyCode    : String(3);
    AccountLifeCycleStatusCode     : String(2);
    MainContactLifeCycleStatusCode : String(2);
    ContactEMailUsageDeniedIndicator : Boolean;
    CreationDateTime               : Timestamp;
    LastChangeDateTime             : Timestamp;
  }

  entity OpportunityCollection : Thing {
    ID                             : String(35);
    Name                           : String(765);
    ProspectPartyID                : String(60) not null;
    PrimaryContactPartyID          : String(60);
    LifeCycleStatusCode            : String(2);
    SalesCyclePhaseCode            : String(3);
    ProbabilityPercent             : Decimal(16, 6);
    ExpectedRevenueAmount          : Decimal(28, 6);
    ExpectedRevenueAmountCurrencyCode : String(3);
    LastChangeDateTime             : Timestamp;
  }

  entity PhoneCallCollection : Thing, Activity {
    Status                  : String(2);
    StartDateTime           : Timestamp;
    EndDateTime             : Timestamp;
    InitiatorCode           : String(15);
  }

  entity TasksCollection : Thing, Activity {
    Status                  : String(2);
    StartDateTime           : Timestamp;
    DueDateTime             : Timestamp;
  }

  entity VisitCollection : Thing, Activity {
    Status                  : String(2);
    StartDateTime           : Timestamp;
    EndDateTime             : Timestamp;
  }

  entity AppointmentCollection : Thing, Activity {
    LifeCycleStatusCode     : String(2);
    StartDate               : Timestamp;
    EndDate                 : Timestamp;
  }

  entity MarketingPermissionCollection : Thing {
    BusinessPartnerID           : String(10);
    ContactID                   : String(10);
    ChannelPermission           : Composition of many ChannelPermissionCollection
                                    on ChannelPermission.ParentObjectID = ObjectID;
    CommunicationTypePermission : Composition of many CommunicationTypePermissionCollection
                                    on CommunicationTypePermission.ParentObjectID = ObjectID;
  }

  entity BusinessPartnerCollection : Thing, Address, Reachable, Referred {
    BusinessPartnerID           : String(10);
    CategoryCode                : String(1);
    Name                        : String(480);
    LifeCycleStatusCode         : String(2);
    ChangedOn                   : Timestamp;
  }

  entity BusinessPartnerRelationshipCollection : Thing {
    FirstBusinessPartnerID      : String(10);
    SecondBusinessPartnerID     : String(10);
    RoleCode                    : String(6);
    ValidFrom                   : DateTime;
    ValidTo                     : DateTime;
  }

  entity ChannelPermissionCollection : Thing {
    ParentObjectID          : String(70);
    Channel                 : String(3);
    Consent                 : String(1);
  }

  entity CommunicationTypePermissionCollection : Thing {
    ParentObjectID          : String(70);
    CommunicationTypeCode   : String(3);
    SubscribedIndicator     : Boolean;
  }
}
